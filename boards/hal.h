/* What a board owes a core, in C. The contract in words is HAL.md; the core's side is src/hal.ts.
 * The engine that runs the core (boards/engine) sets `guest` before init() and provides guest_trap().
 * Addresses are offsets into the core's memory: only guest_span() turns them into pointers. */

#ifndef METER39_HAL_H
#define METER39_HAL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* SPI devices. */
enum {
  HAL_SPI_FRAM = 0,
  HAL_SPI_INPUTS = 1,
  HAL_SPI_COILS = 2,
  HAL_SPI_TUBES = 3,
  HAL_SPI_READER = 4,
};

/* UART ports. */
enum {
  HAL_UART_LINK = 0,
  HAL_UART_LINE = 1,
};

/* The longest row of characters that the board sends on HAL_UART_LINE: its transmit guard, HAL.md. */
#define HAL_LINE_GUARD_CHARACTERS 280

/* UART formats. */
enum {
  HAL_FORMAT_8N1 = 0,
  HAL_FORMAT_8E1 = 1,
  HAL_FORMAT_8N2 = 2,
};

/* I2C devices. */
enum {
  HAL_I2C_CLOCK = 0x68,
};

/* Pins. */
enum {
  HAL_PIN_INPUT_LOAD = 0,
  HAL_PIN_COIL_OFF = 1,
  HAL_PIN_SOCKET_VERIFY = 2,
  HAL_PIN_SOCKET_FORWARD = 3,
  HAL_PIN_SOCKET_REVERSE = 4,
  HAL_PIN_SERVICE = 5,
  HAL_PIN_READER_RESET = 6,
};

/* Analogue inputs. */
enum {
  HAL_ADC_PHASE_A = 0,
};

/* Boot reasons. */
enum {
  HAL_BOOT_POWER = 0,
  HAL_BOOT_WATCHDOG = 1,
  HAL_BOOT_FAULT = 2,
  HAL_BOOT_RESET = 3,
};

/* Results. */
enum {
  HAL_I2C_NO_ACKNOWLEDGE = -1,
  HAL_I2C_BUS_STUCK = -2,
  HAL_UART_LOST = -1,
};

/* The core's linear memory. */
typedef struct {
  uint8_t *base;
  uint32_t size;
} guest_memory;

extern guest_memory guest;

/* Ends the core: the board records the reason and restarts it. Does not return. */
void guest_trap(const char *reason) __attribute__((noreturn));

/* The buffer of `size` bytes at `offset`; traps when it is not wholly inside. Subtracts first, so that
 * nothing can wrap. */
static inline uint8_t *guest_span(uint32_t offset, uint32_t size) {
  if (size > guest.size || offset > guest.size - size) guest_trap("buffer outside of memory");
  return guest.base + offset;
}

/* Calls. Ranges, results and duties: HAL.md. */
uint32_t hal_now_ms(void);
uint32_t hal_now_us(void);
void hal_spi(int32_t device, uint32_t address, int32_t size);
void hal_uart_open(int32_t port, int32_t baud, int32_t format);
int32_t hal_uart_read(int32_t port, uint32_t address, int32_t capacity);
int32_t hal_uart_write(int32_t port, uint32_t address, int32_t size); /* never waits for the line */
int32_t hal_uart_idle_us(int32_t port);
int32_t hal_i2c(int32_t device, uint32_t address, int32_t write_size, int32_t read_size);
int32_t hal_pin_read(int32_t pin);
void hal_pin_write(int32_t pin, int32_t level);
int32_t hal_adc(int32_t channel);
void hal_watchdog(void);
void hal_fault(int32_t code, int32_t detail) __attribute__((noreturn));
int32_t hal_boot_reason(void);

#ifdef __cplusplus
}
#endif

#endif
