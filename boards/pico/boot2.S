/* Second-stage boot. The boot ROM copies these 256 bytes (252 and a CRC that the build adds) to memory,
 * checks them and jumps to the first. They make the flash readable at 0x10000000 and enter the vector
 * table behind them. RP2040 data sheet, sect. 2.8.1 (boot), 4.10 (SSI), 2.19.6.4 (pads); Winbond W25Q16JV
 * data sheet (status register 2, instructions 35h, 03h, EBh).
 *
 * With the flash's quad enable bit set, as the Pico's chip leaves the factory: EBh, address and data on
 * four lines, continuous (no command byte), 62.5 MHz. Without it: 03h, one line, 31.25 MHz, which any
 * flash has. Nothing is written to the flash. Rates are those at clk_sys 125 MHz; until then slower. */

        .syntax unified
        .cpu cortex-m0plus
        .thumb
        .section .boot2, "ax"

        .equ PADS_QSPI, 0x40020000
        .equ PAD_SCLK, 0x04
        .equ PAD_SCLK_FAST, 0x21        /* 8 mA, fast slew */
        .equ SSI, 0x18000000
        .equ SSI_CTRLR0, 0x00
        .equ SSI_CTRLR1, 0x04
        .equ SSI_SSIENR, 0x08
        .equ SSI_SER, 0x10
        .equ SSI_BAUDR, 0x14
        .equ SSI_SR, 0x28
        .equ SSI_DR0, 0x60
        .equ SSI_RX_SAMPLE_DLY, 0xf0
        .equ SSI_SPI_CTRLR0, 0xf4
        .equ VECTORS, 0x10000100
        .equ VTOR, 0xe000ed08

        .equ READ_STATUS_2, 0x35
        .equ QUAD_ENABLE, 0x02
        .equ CONTINUOUS, 0xa0           /* mode bits M5-4 = 10 */

        /* 8-bit frames, transmit and receive */
        .equ CTRLR0_STATUS, 7 << 16
        /* 32-bit frames, read after command and address; one line, four lines */
        .equ CTRLR0_SINGLE, 31 << 16 | 3 << 8
        .equ CTRLR0_QUAD, 2 << 21 | 31 << 16 | 3 << 8
        /* 8-bit command 03h, 24-bit address, all on one line */
        .equ SPI_CTRLR0_SINGLE, 0x03 << 24 | 2 << 8 | 6 << 2
        /* 8-bit command on one line, 24-bit address and mode on four, 4 dummy clocks */
        .equ SPI_CTRLR0_FIRST, 4 << 11 | 2 << 8 | 8 << 2 | 1
        /* no command, address and mode on four lines, 4 dummy clocks */
        .equ SPI_CTRLR0_QUAD, CONTINUOUS << 24 | 4 << 11 | 8 << 2 | 2

        .global boot2
        .type boot2, %function
        .thumb_func
boot2:
        ldr     r3, =PADS_QSPI
        movs    r0, #PAD_SCLK_FAST
        str     r0, [r3, #PAD_SCLK]
        ldr     r3, =SSI
        ldr     r4, =SSI + SSI_SPI_CTRLR0
        movs    r5, #0
        movs    r6, #1

        str     r5, [r3, #SSI_SSIENR]
        str     r6, [r3, #SSI_SER]
        movs    r0, #4
        str     r0, [r3, #SSI_BAUDR]
        ldr     r0, =CTRLR0_STATUS
        str     r0, [r3, #SSI_CTRLR0]
        str     r6, [r3, #SSI_SSIENR]
        movs    r0, #READ_STATUS_2
        str     r0, [r3, #SSI_DR0]
        str     r5, [r3, #SSI_DR0]
        bl      wait
        ldr     r0, [r3, #SSI_DR0]      /* came in under the command */
        ldr     r0, [r3, #SSI_DR0]
        str     r5, [r3, #SSI_SSIENR]
        str     r5, [r3, #SSI_CTRLR1]
        movs    r1, #QUAD_ENABLE
        tst     r0, r1
        beq     single

        movs    r0, #2
        str     r0, [r3, #SSI_BAUDR]
        movs    r2, #SSI_RX_SAMPLE_DLY
        str     r6, [r3, r2]
        ldr     r0, =CTRLR0_QUAD
        str     r0, [r3, #SSI_CTRLR0]
        ldr     r0, =SPI_CTRLR0_FIRST
        str     r0, [r4]
        str     r6, [r3, #SSI_SSIENR]
        movs    r0, #0xeb               /* a read of address 0 with the mode bits: */
        str     r0, [r3, #SSI_DR0]      /* from then on the flash expects no command */
        movs    r0, #CONTINUOUS
        str     r0, [r3, #SSI_DR0]
        bl      wait
        str     r5, [r3, #SSI_SSIENR]
        ldr     r0, =SPI_CTRLR0_QUAD
        b       enter

single:
        ldr     r0, =CTRLR0_SINGLE
        str     r0, [r3, #SSI_CTRLR0]
        ldr     r0, =SPI_CTRLR0_SINGLE
enter:
        str     r0, [r4]
        str     r6, [r3, #SSI_SSIENR]
        ldr     r0, =VECTORS
        ldr     r1, =VTOR
        str     r0, [r1]
        ldr     r1, [r0]
        msr     msp, r1
        ldr     r1, [r0, #4]
        bx      r1

        /* Until all was sent and the bus rests: TFE set, then BUSY clear. */
wait:
        ldr     r1, [r3, #SSI_SR]
        lsrs    r2, r1, #3
        bcc     wait
        lsrs    r2, r1, #1
        bcs     wait
        bx      lr

        .ltorg
