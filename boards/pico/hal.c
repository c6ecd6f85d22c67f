/* The calls of hal.h for both roles: checks each number and buffer that a core gives, then hands over to
 * the files that know the chip. Ranges and results are those of HAL.md. */

#include "hal.h"

#include "board.h"

#define SPI_LIMIT 512
#define UART_LIMIT 512
#define I2C_LIMIT 32
#define I2C_DEVICE_LIMIT 127
#define BAUD_LOWEST 1200
#define BAUD_HIGHEST 115200

/* The buffer of `size` bytes at `address`, where 1..`limit` are allowed. */
static uint8_t *buffer(uint32_t address, int32_t size, int32_t limit) {
  if (size < 1 || size > limit) guest_trap("size out of range");
  return guest_span(address, (uint32_t)size);
}

static void need_open(int32_t port) {
  if (!uart_is_open(port)) guest_trap("UART unknown or not open");
}

uint32_t hal_now_ms(void) { return ticks_ms(); }

uint32_t hal_now_us(void) { return ticks_us(); }

#ifdef ROLE_METER
/* The interrupt reads the inputs, and the coils share their block with them. */
static void exchange(int32_t device, uint8_t *bytes, uint32_t size) {
  if (device == HAL_SPI_INPUTS) {
    inputs_shift(bytes, size);
  } else if (device == HAL_SPI_COILS) {
    ticks_pause();
    spi_exchange(device, bytes, size);
    ticks_resume();
  } else {
    spi_exchange(device, bytes, size);
  }
}
#else
static void exchange(int32_t device, uint8_t *bytes, uint32_t size) {
  spi_exchange(device, bytes, size);
}
#endif

void hal_spi(int32_t device, uint32_t address, int32_t size) {
  if (!spi_has(device)) guest_trap("unknown SPI device");
  uint8_t *bytes = buffer(address, size, SPI_LIMIT);
  exchange(device, bytes, (uint32_t)size);
}

void hal_uart_open(int32_t port, int32_t baud, int32_t format) {
  if (!uart_has(port)) guest_trap("unknown UART");
  if (baud < BAUD_LOWEST || baud > BAUD_HIGHEST) guest_trap("baud out of range");
  if (format < HAL_FORMAT_8N1 || format > HAL_FORMAT_8N2) guest_trap("unknown UART format");
  uart_open(port, (uint32_t)baud, format);
}

int32_t hal_uart_read(int32_t port, uint32_t address, int32_t capacity) {
  need_open(port);
  uint8_t *bytes = buffer(address, capacity, UART_LIMIT);
  return uart_read(port, bytes, (uint32_t)capacity);
}

int32_t hal_uart_write(int32_t port, uint32_t address, int32_t size) {
  need_open(port);
  const uint8_t *bytes = buffer(address, size, UART_LIMIT);
  return (int32_t)uart_write(port, bytes, (uint32_t)size);
}

int32_t hal_uart_idle_us(int32_t port) {
  need_open(port);
  return (int32_t)uart_idle_us(port);
}

int32_t hal_i2c(int32_t device, uint32_t address, int32_t write_size, int32_t read_size) {
  if (device < 0 || device > I2C_DEVICE_LIMIT) guest_trap("I2C device out of range");
  if (write_size < 0 || write_size > I2C_LIMIT) guest_trap("size out of range");
  if (read_size < 0 || read_size > I2C_LIMIT) guest_trap("size out of range");
  uint8_t *bytes = guest_span(address, (uint32_t)(write_size > read_size ? write_size : read_size));
#ifdef ROLE_PANEL
  return i2c_exchange((uint32_t)device, bytes, (uint32_t)write_size, (uint32_t)read_size);
#else
  (void)bytes;
  return HAL_I2C_NO_ACKNOWLEDGE;
#endif
}

int32_t hal_pin_read(int32_t pin) {
  int32_t gpio = pin_gpio_in(pin);
  if (gpio < 0) guest_trap("unknown input pin");
  return gpio_read((uint32_t)gpio) ? 1 : 0;
}

void hal_pin_write(int32_t pin, int32_t level) {
  int32_t gpio = pin_gpio_out(pin);
  if (gpio < 0) guest_trap("unknown output pin");
  if (level < 0 || level > 1) guest_trap("pin level out of range");
#ifdef ROLE_METER
  if (pin == HAL_PIN_INPUT_LOAD) {
    inputs_load(level == 1);
    return;
  }
#endif
  gpio_write((uint32_t)gpio, level == 1);
}

int32_t hal_adc(int32_t channel) {
#ifdef ROLE_METER
  if (channel >= HAL_ADC_PHASE_A && channel < HAL_ADC_PHASE_A + (int32_t)PHASE_COUNT) {
    return inputs_phase((uint32_t)(channel - HAL_ADC_PHASE_A));
  }
#endif
  (void)channel;
  guest_trap("unknown analogue input");
}

void hal_watchdog(void) { watchdog_feed(); }

void hal_fault(int32_t code, int32_t detail) {
  record_fault(CAUSE_CORE, (uint32_t)code, (uint32_t)detail, 0);
}

int32_t hal_boot_reason(void) { return record_boot_reason(); }
