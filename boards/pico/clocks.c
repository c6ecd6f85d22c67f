/* Clocks and resets. Crystal 12 MHz; clk_ref 12 MHz, clk_sys and clk_peri 125 MHz, clk_adc 48 MHz,
 * timer and watchdog 1 MHz. Waits have no limit here: without a crystal nothing can run, and coils are
 * off meanwhile. RP2040 data sheet, sect. 2.14 to 2.18, 4.7.2. */

#include "board.h"

#define XOSC_MHZ 12u
/* 1 ms in units of 256 crystal periods, rounded up. */
#define XOSC_STARTUP_COUNT ((XOSC_MHZ * 1000u + 255u) / 256u)

void blocks_reset(uint32_t blocks) { SET_BITS(RESETS_RESET, blocks); }

void blocks_release(uint32_t blocks) {
  CLEAR_BITS(RESETS_RESET, blocks);
  while ((REGISTER(RESETS_DONE) & blocks) != blocks) continue;
}

/* The loop at 12 MHz x `multiple` (750..1600 MHz), divided by `first` and `second` (1..7). */
static void pll_start(uint32_t pll, uint32_t multiple, uint32_t first, uint32_t second) {
  REGISTER(pll + PLL_CS) = 1; /* reference not divided */
  REGISTER(pll + PLL_FBDIV) = multiple;
  CLEAR_BITS(pll + PLL_PWR, PLL_PWR_PD | PLL_PWR_VCOPD);
  while ((REGISTER(pll + PLL_CS) & PLL_CS_LOCK) == 0) continue;
  REGISTER(pll + PLL_PRIM) = (first << 16) | (second << 12);
  CLEAR_BITS(pll + PLL_PWR, PLL_PWR_POSTDIVPD);
}

/* `source` of a glitch-free multiplexer; SELECTED has one bit for each. */
static void clock_select(uint32_t control, uint32_t selected, uint32_t source) {
  REGISTER(control) = source;
  while ((REGISTER(selected) & (1u << source)) == 0) continue;
}

void clocks_start(void) {
  REGISTER(XOSC_STARTUP) = XOSC_STARTUP_COUNT;
  REGISTER(XOSC_CTRL) = XOSC_CTRL_ON;
  while ((REGISTER(XOSC_STATUS) & XOSC_STATUS_STABLE) == 0) continue;

  /* A debugger may have left clk_sys on the loop that is about to be reset. */
  clock_select(CLK_SYS_CTRL, CLK_SYS_SELECTED, CLK_SYS_REF);
  clock_select(CLK_REF_CTRL, CLK_REF_SELECTED, CLK_REF_XOSC);
  blocks_reset(RESETS_PLL_SYS | RESETS_PLL_USB);
  blocks_release(RESETS_PLL_SYS | RESETS_PLL_USB);
  pll_start(PLL_SYS, 125, 6, 2); /* 1500 MHz, 125 MHz */
  pll_start(PLL_USB, 100, 5, 5); /* 1200 MHz, 48 MHz */
  clock_select(CLK_SYS_CTRL, CLK_SYS_SELECTED, CLK_SYS_AUX);
  REGISTER(CLK_PERI_CTRL) = CLK_ENABLE;
  REGISTER(CLK_ADC_CTRL) = CLK_ENABLE;

  REGISTER(WATCHDOG_TICK) = WATCHDOG_TICK_ENABLE | XOSC_MHZ;
  blocks_reset(RESETS_TIMER); /* it starts at 0 */
  blocks_release(RESETS_TIMER);
}
