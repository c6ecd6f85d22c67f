/** What a board owes a core: the only imports of both cores. The contract in words is boards/HAL.md,
 *  in C boards/hal.h; the three name the same calls.
 *  Every call returns at once. An unknown device, port, pin or channel number, or a buffer that does
 *  not lie wholly in the core's memory, traps the core: the board records it and restarts. */

// SPI devices. Meter: FRAM, inputs, coils. Panel: tubes and the card reader.
export const SPI_FRAM: i32 = 0; // MB85RS2MTA, mode 0
export const SPI_INPUTS: i32 = 1; // ten 74HC165 in a chain
export const SPI_COILS: i32 = 2; // ten 74HC595 in a chain; the rising select latches the outputs
export const SPI_TUBES: i32 = 3; // two MAX7219 in a chain; the rising select loads the registers
export const SPI_READER: i32 = 4; // MFRC522, mode 0, 4 MHz

export const UART_LINK: i32 = 0; // between the two MCUs
export const UART_LINE: i32 = 1; // RS485; the board drives the direction pin

export const FORMAT_8N1: i32 = 0;
export const FORMAT_8E1: i32 = 1;
export const FORMAT_8N2: i32 = 2;

export const I2C_CLOCK: i32 = 0x68; // DS3231, data sheet "I2C interface": address 1101000

// Pins of the meter. Levels are those on the wire.
export const PIN_INPUT_LOAD: i32 = 0; // out: 74HC165 SH/LD; low loads all inputs, high shifts
export const PIN_COIL_OFF: i32 = 1; // out: 74HC595 OE, pulled up; high takes all coils off
export const PIN_SOCKET_VERIFY: i32 = 2; // in, pulled up: socket pin 4; low when shorted to pin 6
export const PIN_SOCKET_FORWARD: i32 = 3; // out: socket pin 1
export const PIN_SOCKET_REVERSE: i32 = 4; // out: socket pin 7
export const PIN_SERVICE: i32 = 5; // in, pulled up: service switch under the seal; low when closed
// Pin of the panel.
export const PIN_READER_RESET: i32 = 6; // out: MFRC522 NRSTPD; low resets

// Analogue inputs of the meter: phase voltages A, B, C, biased to half scale.
export const ADC_PHASE_A: i32 = 0;

export const BOOT_POWER: i32 = 0; // power came up
export const BOOT_WATCHDOG: i32 = 1; // nobody fed the watchdog
export const BOOT_FAULT: i32 = 2; // the core trapped or called fault()
export const BOOT_RESET: i32 = 3; // reset pin

export const I2C_NO_ACKNOWLEDGE: i32 = -1;
export const I2C_BUS_STUCK: i32 = -2;
export const UART_LOST: i32 = -1; // bytes were lost (overrun, parity, framing) since the last read

/** Milliseconds since the board started; wraps at 2^32, so compare differences only. */
@external("hal", "now_ms")
export declare function now_ms(): u32;

/** Microseconds since the board started; wraps at 2^32 (71 minutes). */
@external("hal", "now_us")
export declare function now_us(): u32;

/** Selects `device`, exchanges `size` (1..512) bytes in place, deselects. */
@external("hal", "spi")
export declare function spi(device: i32, address: usize, size: i32): void;

/** Sets `port` to `baud` (1200..115200) and a FORMAT_; drops what was received or waits to go out. */
@external("hal", "uart_open")
export declare function uart_open(port: i32, baud: i32, format: i32): void;

/** Takes up to `capacity` (1..512) received bytes; returns their number, or UART_LOST once. */
@external("hal", "uart_read")
export declare function uart_read(port: i32, address: usize, capacity: i32): i32;

/** Queues `size` (1..512) bytes to go out; returns how many were taken (the queue holds 256). */
@external("hal", "uart_write")
export declare function uart_write(port: i32, address: usize, size: i32): i32;

/** Microseconds since the end of the last received byte, at most 2^31 - 1. */
@external("hal", "uart_idle_us")
export declare function uart_idle_us(port: i32): i32;

/** Writes `write_size` (0..32) bytes to `device` (7-bit address), then reads `read_size` (0..32) into
 *  the same buffer after a repeated start; returns 0, I2C_NO_ACKNOWLEDGE or I2C_BUS_STUCK. */
@external("hal", "i2c")
export declare function i2c(device: i32, address: usize, write_size: i32, read_size: i32): i32;

/** Level of an input pin, 0 or 1. */
@external("hal", "pin_read")
export declare function pin_read(pin: i32): i32;

/** Drives an output pin to 0 or 1. */
@external("hal", "pin_write")
export declare function pin_write(pin: i32, level: i32): void;

/** One conversion of an analogue input, 0..4095. */
@external("hal", "adc")
export declare function adc(channel: i32): i32;

/** Feeds the watchdog; unfed for 1000 ms it restarts the core. */
@external("hal", "watchdog")
export declare function watchdog(): void;

/** Records `code` and `detail`, takes the coils off and restarts the core; does not return. */
@external("hal", "fault")
export declare function fault(code: i32, detail: i32): void;

/** Why this core started: a BOOT_ in bits 0..7, the fault code in bits 8..31. */
@external("hal", "boot_reason")
export declare function boot_reason(): i32;
