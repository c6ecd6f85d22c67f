/* The registers of the RP2040 that this board uses, no more. Names and numbers are those of the RP2040
 * data sheet (build of 2024-02); the section stands at each block. Bits carry the name of their
 * register. */

#ifndef METER39_RP2040_H
#define METER39_RP2040_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Sect. 2.1.2: each register has a place that sets the bits written, and one that clears them. Not the
 * SIO nor the processor's own registers. */
#define SET_BITS(address, bits) (REGISTER((address) + 0x2000) = (bits))
#define CLEAR_BITS(address, bits) (REGISTER((address) + 0x3000) = (bits))

/* Sect. 2.13, power-on state machine: which blocks a watchdog reset resets. */
#define PSM_WDSEL 0x40010008u
#define PSM_ALL 0x1ffffu
#define PSM_ROSC 0x1u
#define PSM_XOSC 0x2u

/* Sect. 2.12.8, chip level reset. */
#define CHIP_RESET 0x40064008u
#define CHIP_RESET_HAD_POR 0x00000100u
#define CHIP_RESET_HAD_RUN 0x00010000u
#define CHIP_RESET_HAD_PSM_RESTART 0x00100000u

/* Sect. 2.14, subsystem resets. */
#define RESETS_RESET 0x4000c000u
#define RESETS_DONE 0x4000c008u
#define RESETS_ADC (1u << 0)
#define RESETS_I2C0 (1u << 3)
#define RESETS_IO_BANK0 (1u << 5)
#define RESETS_PADS_BANK0 (1u << 8)
#define RESETS_PLL_SYS (1u << 12)
#define RESETS_PLL_USB (1u << 13)
#define RESETS_SPI0 (1u << 16)
#define RESETS_SPI1 (1u << 17)
#define RESETS_TIMER (1u << 21)
#define RESETS_UART0 (1u << 22)
#define RESETS_UART1 (1u << 23)

/* Sect. 2.15, clocks. */
#define CLK_REF_CTRL 0x40008030u
#define CLK_REF_SELECTED 0x40008038u
#define CLK_REF_XOSC 2u
#define CLK_SYS_CTRL 0x4000803cu
#define CLK_SYS_SELECTED 0x40008044u
#define CLK_SYS_REF 0u
#define CLK_SYS_AUX 1u /* with AUXSRC 0: PLL_SYS */
#define CLK_PERI_CTRL 0x40008048u
#define CLK_ADC_CTRL 0x40008060u
#define CLK_ENABLE (1u << 11) /* with AUXSRC 0: clk_sys for clk_peri, PLL_USB for clk_adc */

/* Sect. 2.16, crystal oscillator. */
#define XOSC_CTRL 0x40024000u
#define XOSC_CTRL_ON ((0xfabu << 12) | 0xaa0u) /* enable, 1..15 MHz */
#define XOSC_STATUS 0x40024004u
#define XOSC_STATUS_STABLE (1u << 31)
#define XOSC_STARTUP 0x4002400cu

/* Sect. 2.18, phase-locked loops. */
#define PLL_SYS 0x40028000u
#define PLL_USB 0x4002c000u
#define PLL_CS 0x0u
#define PLL_CS_LOCK (1u << 31)
#define PLL_PWR 0x4u
#define PLL_PWR_PD (1u << 0)
#define PLL_PWR_POSTDIVPD (1u << 3)
#define PLL_PWR_VCOPD (1u << 5)
#define PLL_FBDIV 0x8u
#define PLL_PRIM 0xcu

/* Sect. 2.19, GPIO. */
#define GPIO_CTRL(gpio) (0x40014004u + 8u * (gpio))
#define GPIO_SPI 1u
#define GPIO_UART 2u
#define GPIO_I2C 3u
#define GPIO_SIO 5u
#define GPIO_NULL 31u
#define PAD(gpio) (0x4001c004u + 4u * (gpio))
#define PAD_SCHMITT (1u << 1)
#define PAD_PULL_DOWN (1u << 2)
#define PAD_PULL_UP (1u << 3)
#define PAD_4MA (1u << 4)
#define PAD_INPUT (1u << 6)
#define PAD_NO_OUTPUT (1u << 7)

/* Sect. 2.3.1, SIO. */
#define SIO_GPIO_IN 0xd0000004u
#define SIO_GPIO_OUT_SET 0xd0000014u
#define SIO_GPIO_OUT_CLR 0xd0000018u
#define SIO_GPIO_OE_SET 0xd0000024u
#define SIO_GPIO_OE_CLR 0xd0000028u

/* Sect. 4.2, PL011 UART. */
#define UART0 0x40034000u
#define UART1 0x40038000u
#define UART_DR 0x00u
#define UART_DR_WRONG 0x700u /* framing, parity, break */
#define UART_FR 0x18u
#define UART_FR_BUSY (1u << 3)
#define UART_FR_RXFE (1u << 4)
#define UART_FR_TXFF (1u << 5)
#define UART_IBRD 0x24u
#define UART_FBRD 0x28u
#define UART_LCR_H 0x2cu
#define UART_LCR_PEN (1u << 1)
#define UART_LCR_EPS (1u << 2)
#define UART_LCR_STP2 (1u << 3)
#define UART_LCR_8 (3u << 5)
#define UART_CR 0x30u
#define UART_CR_ON 0x301u /* UARTEN, TXE, RXE */
#define UART_IMSC 0x38u
#define UART_RIS 0x3cu
#define UART_ICR 0x44u
#define UART_INT_RX (1u << 4)
#define UART_INT_TX (1u << 5)
#define UART_INT_OE (1u << 10)

/* Sect. 4.4, PL022 SPI. */
#define SPI0 0x4003c000u
#define SPI1 0x40040000u
#define SPI_CR0 0x00u
#define SPI_CR0_8_BITS 7u /* Motorola frames, SPO 0, SPH 0 */
#define SPI_CR1 0x04u
#define SPI_CR1_ON 2u /* SSE, master */
#define SPI_DR 0x08u
#define SPI_SR 0x0cu
#define SPI_SR_TNF (1u << 1)
#define SPI_SR_RNE (1u << 2)
#define SPI_SR_BSY (1u << 4)
#define SPI_CPSR 0x10u

/* Sect. 4.3, DW_apb_i2c. */
#define I2C0 0x40044000u
#define I2C_CON (I2C0 + 0x00u)
#define I2C_CON_MASTER_FAST 0x165u /* TX_EMPTY_CTRL, no slave, restart, fast, master */
#define I2C_TAR (I2C0 + 0x04u)
#define I2C_DATA_CMD (I2C0 + 0x10u)
#define I2C_DATA_READ (1u << 8)
#define I2C_DATA_STOP (1u << 9)
#define I2C_DATA_RESTART (1u << 10)
#define I2C_FS_SCL_HCNT (I2C0 + 0x1cu)
#define I2C_FS_SCL_LCNT (I2C0 + 0x20u)
#define I2C_RAW_INTR_STAT (I2C0 + 0x34u)
#define I2C_INT_TX_ABRT (1u << 6)
#define I2C_INT_STOP_DET (1u << 9)
#define I2C_CLR_INTR (I2C0 + 0x40u)
#define I2C_CLR_TX_ABRT (I2C0 + 0x54u)
#define I2C_ENABLE (I2C0 + 0x6cu)
#define I2C_STATUS (I2C0 + 0x70u)
#define I2C_STATUS_TFNF (1u << 1)
#define I2C_STATUS_RFNE (1u << 3)
#define I2C_SDA_HOLD (I2C0 + 0x7cu)
#define I2C_TX_ABRT_SOURCE (I2C0 + 0x80u)
#define I2C_ABRT_NO_ACKNOWLEDGE 0x9u /* of the address, of a byte */
#define I2C_FS_SPKLEN (I2C0 + 0xa0u)

/* Sect. 4.9, ADC. */
#define ADC_CS 0x4004c000u
#define ADC_CS_EN (1u << 0)
#define ADC_CS_START_ONCE (1u << 2)
#define ADC_CS_READY (1u << 8)
#define ADC_CS_AINSEL(input) ((uint32_t)(input) << 12)
#define ADC_RESULT 0x4004c004u

/* Sect. 4.6, timer. */
#define TIMER_ALARM0 0x40054010u
#define TIMER_ALARM1 0x40054014u
#define TIMER_ARMED 0x40054020u
#define TIMER_RAWL 0x40054028u
#define TIMER_INTR 0x40054034u
#define TIMER_INTE 0x40054038u

/* Sect. 4.7, watchdog. */
#define WATCHDOG_CTRL 0x40058000u
#define WATCHDOG_CTRL_ENABLE (1u << 30)
#define WATCHDOG_CTRL_TRIGGER (1u << 31)
#define WATCHDOG_LOAD 0x40058004u
#define WATCHDOG_REASON 0x40058008u
#define WATCHDOG_REASON_TIMER (1u << 0)
#define WATCHDOG_REASON_FORCE (1u << 1)
#define WATCHDOG_SCRATCH(n) (0x4005800cu + 4u * (n))
#define WATCHDOG_TICK 0x4005802cu
#define WATCHDOG_TICK_ENABLE (1u << 9)

/* Sect. 2.4.8, processor: interrupts. Sect. 2.3.2 numbers them. */
#define NVIC_ISER 0xe000e100u
#define NVIC_ICER 0xe000e180u
#define NVIC_ICPR 0xe000e280u
#define IRQ_TIMER0 0u
#define IRQ_TIMER1 1u
#define IRQ_UART0 20u
#define IRQ_UART1 21u
#define IRQ_COUNT 26

#endif
