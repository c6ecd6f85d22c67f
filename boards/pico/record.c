/* Why the chip started, what ended the last core, and the watchdog. A core ends by a reset of the whole
 * chip except for its crystal: outputs, memory and blocks are then as after power. What must be known
 * after it stands in the watchdog's scratch registers, which keep their contents over all resets but
 * those by power and the RUN pin. RP2040 data sheet, sect. 2.12 to 2.14, 4.7. */

#include "board.h"
#include "hal.h"

/* In scratch 0: the watchdog was started by this program; the other scratch registers hold a fault. A
 * reset through the watchdog without either is a boot loader's or a debugger's. */
#define MARK_RUNNING 0x33394d52u
#define MARK_FAULT 0x33394d46u

/* RP2040-E1: the counter goes down by two each microsecond. */
#define COUNTS_PER_US 2u

#define CODE_LIMIT 0xffffffu

static int32_t boot_reason;

static int32_t find_reason(void) {
  uint32_t reset = REGISTER(WATCHDOG_REASON) & (WATCHDOG_REASON_TIMER | WATCHDOG_REASON_FORCE);
  uint32_t mark = REGISTER(WATCHDOG_SCRATCH(0));
  if (reset != 0 && mark == MARK_FAULT) {
    return (int32_t)((REGISTER(WATCHDOG_SCRATCH(1)) & ~0xffu) | HAL_BOOT_FAULT);
  }
  if (reset == WATCHDOG_REASON_TIMER && mark == MARK_RUNNING) return HAL_BOOT_WATCHDOG;
  if (reset != 0) return HAL_BOOT_RESET;
  if ((REGISTER(CHIP_RESET) & CHIP_RESET_HAD_POR) != 0) return HAL_BOOT_POWER;
  uint32_t pins = CHIP_RESET_HAD_RUN | CHIP_RESET_HAD_PSM_RESTART;
  return (REGISTER(CHIP_RESET) & pins) != 0 ? HAL_BOOT_RESET : HAL_BOOT_POWER;
}

/* The record itself stays for a debugger until the next fault. */
void record_take(void) {
  boot_reason = find_reason();
  REGISTER(WATCHDOG_SCRATCH(0)) = MARK_RUNNING;
  REGISTER(PSM_WDSEL) = PSM_ALL & ~(PSM_ROSC | PSM_XOSC);
}

int32_t record_boot_reason(void) { return boot_reason; }

void record_fault(fault_cause cause, uint32_t code, uint32_t detail, uint32_t place) {
  interrupts_off();
  pins_safe();
  REGISTER(WATCHDOG_SCRATCH(1)) = (code & CODE_LIMIT) << 8 | cause;
  REGISTER(WATCHDOG_SCRATCH(2)) = detail;
  REGISTER(WATCHDOG_SCRATCH(3)) = place;
  REGISTER(WATCHDOG_SCRATCH(0)) = MARK_FAULT;
  REGISTER(PSM_WDSEL) = PSM_ALL & ~(PSM_ROSC | PSM_XOSC);
  SET_BITS(WATCHDOG_CTRL, WATCHDOG_CTRL_TRIGGER);
  for (;;) continue;
}

static uint32_t window_count;
static bool is_fed;

void watchdog_start(uint32_t window_us) {
  window_count = COUNTS_PER_US * window_us;
  is_fed = false;
  CLEAR_BITS(WATCHDOG_CTRL, WATCHDOG_CTRL_ENABLE);
  REGISTER(WATCHDOG_LOAD) = window_count;
  SET_BITS(WATCHDOG_CTRL, WATCHDOG_CTRL_ENABLE);
}

void watchdog_feed(void) { is_fed = true; }

void watchdog_serve(void) {
  if (!is_fed) return;
  is_fed = false;
  REGISTER(WATCHDOG_LOAD) = window_count;
}
