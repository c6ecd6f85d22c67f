/* GPIO: which block owns which pin, pulls, levels at rest. Every pad is written, since its input is
 * needed also by blocks other than SIO, and nothing may rest on reset values. A pin that nobody uses
 * keeps its pull-down of the reset. RP2040 data sheet, sect. 2.19. */

#include "pins.h"

#include "board.h"
#include "hal.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define OUT (PAD_4MA | PAD_INPUT)
#define IN (PAD_4MA | PAD_INPUT | PAD_SCHMITT)
#define IN_UP (IN | PAD_PULL_UP)
#define ANALOGUE PAD_NO_OUTPUT

/* How a pin is used; `level` of an output at rest, HAL.md, pin_write. */
typedef struct {
  uint8_t gpio;
  uint8_t function;
  uint8_t pad;
  enum { NOT_DRIVEN, DRIVE_LOW, DRIVE_HIGH } rest;
} wire;

/* Coils first, the socket and the transmitter of the line next: in this order they become safe. */
static const wire WIRES[] = {
#ifdef ROLE_METER
    {GPIO_COIL_OFF, GPIO_SIO, OUT, DRIVE_HIGH},
    {GPIO_SOCKET_FORWARD, GPIO_SIO, OUT, DRIVE_LOW},
    {GPIO_SOCKET_REVERSE, GPIO_SIO, OUT, DRIVE_LOW},
    {GPIO_COILS_LATCH, GPIO_SIO, OUT, DRIVE_HIGH},
    {GPIO_INPUTS_HOLD, GPIO_SIO, OUT, DRIVE_HIGH},
    {GPIO_INPUT_LOAD, GPIO_SIO, OUT, DRIVE_HIGH},
    {GPIO_FRAM_CS, GPIO_SIO, OUT, DRIVE_HIGH},
    {GPIO_FRAM_SCK, GPIO_SPI, OUT, NOT_DRIVEN},
    {GPIO_FRAM_TX, GPIO_SPI, OUT, NOT_DRIVEN},
    {GPIO_FRAM_RX, GPIO_SPI, IN_UP, NOT_DRIVEN},
    {GPIO_CHAIN_SCK, GPIO_SPI, OUT, NOT_DRIVEN},
    {GPIO_CHAIN_TX, GPIO_SPI, OUT, NOT_DRIVEN},
    {GPIO_CHAIN_RX, GPIO_SPI, IN_UP, NOT_DRIVEN},
    {GPIO_SOCKET_VERIFY, GPIO_SIO, IN_UP, NOT_DRIVEN},
    {GPIO_SERVICE, GPIO_SIO, IN_UP, NOT_DRIVEN},
    {GPIO_PHASE_A, GPIO_NULL, ANALOGUE, NOT_DRIVEN},
    {GPIO_PHASE_B, GPIO_NULL, ANALOGUE, NOT_DRIVEN},
    {GPIO_PHASE_C, GPIO_NULL, ANALOGUE, NOT_DRIVEN},
#else
    {GPIO_LINE_DRIVE, GPIO_SIO, OUT, DRIVE_LOW},
    {GPIO_READER_RESET, GPIO_SIO, OUT, DRIVE_LOW},
    {GPIO_READER_CS, GPIO_SIO, OUT, DRIVE_HIGH},
    {GPIO_TUBES_LOAD, GPIO_SIO, OUT, DRIVE_HIGH},
    {GPIO_LINE_TX, GPIO_UART, OUT, NOT_DRIVEN},
    {GPIO_LINE_RX, GPIO_UART, IN_UP, NOT_DRIVEN},
    {GPIO_CLOCK_SDA, GPIO_I2C, IN_UP, NOT_DRIVEN},
    {GPIO_CLOCK_SCL, GPIO_I2C, IN_UP, NOT_DRIVEN},
    {GPIO_TUBES_SCK, GPIO_SPI, OUT, NOT_DRIVEN},
    {GPIO_TUBES_TX, GPIO_SPI, OUT, NOT_DRIVEN},
    {GPIO_READER_SCK, GPIO_SPI, OUT, NOT_DRIVEN},
    {GPIO_READER_TX, GPIO_SPI, OUT, NOT_DRIVEN},
    {GPIO_READER_RX, GPIO_SPI, IN_UP, NOT_DRIVEN},
#endif
    {GPIO_LINK_TX, GPIO_UART, OUT, NOT_DRIVEN},
    {GPIO_LINK_RX, GPIO_UART, IN_UP, NOT_DRIVEN},
    {GPIO_LED, GPIO_SIO, OUT, DRIVE_LOW},
};

void gpio_write(uint32_t gpio, bool level) {
  REGISTER(level ? SIO_GPIO_OUT_SET : SIO_GPIO_OUT_CLR) = 1u << gpio;
}

bool gpio_read(uint32_t gpio) { return (REGISTER(SIO_GPIO_IN) >> gpio & 1u) != 0; }

/* The level first, then the driver, then the pin: no wrong level appears in between. */
static void drive_to_rest(const wire *wire) {
  gpio_write(wire->gpio, wire->rest == DRIVE_HIGH);
  REGISTER(SIO_GPIO_OE_SET) = 1u << wire->gpio;
  REGISTER(PAD(wire->gpio)) = wire->pad;
  REGISTER(GPIO_CTRL(wire->gpio)) = wire->function;
}

void pins_safe(void) {
  blocks_release(RESETS_IO_BANK0 | RESETS_PADS_BANK0);
  for (uint32_t i = 0; i < COUNT_OF(WIRES); i++) {
    if (WIRES[i].rest != NOT_DRIVEN) drive_to_rest(&WIRES[i]);
  }
}

void pins_start(void) {
  for (uint32_t i = 0; i < COUNT_OF(WIRES); i++) {
    if (WIRES[i].rest != NOT_DRIVEN) continue;
    REGISTER(SIO_GPIO_OE_CLR) = 1u << WIRES[i].gpio;
    REGISTER(PAD(WIRES[i].gpio)) = WIRES[i].pad;
    REGISTER(GPIO_CTRL(WIRES[i].gpio)) = WIRES[i].function;
  }
}

int32_t pin_gpio_in(int32_t pin) {
  switch (pin) {
#ifdef ROLE_METER
    case HAL_PIN_SOCKET_VERIFY:
      return GPIO_SOCKET_VERIFY;
    case HAL_PIN_SERVICE:
      return GPIO_SERVICE;
#endif
    default:
      return -1;
  }
}

int32_t pin_gpio_out(int32_t pin) {
  switch (pin) {
#ifdef ROLE_METER
    case HAL_PIN_INPUT_LOAD:
      return GPIO_INPUT_LOAD;
    case HAL_PIN_COIL_OFF:
      return GPIO_COIL_OFF;
    case HAL_PIN_SOCKET_FORWARD:
      return GPIO_SOCKET_FORWARD;
    case HAL_PIN_SOCKET_REVERSE:
      return GPIO_SOCKET_REVERSE;
#else
    case HAL_PIN_READER_RESET:
      return GPIO_READER_RESET;
#endif
    default:
      return -1;
  }
}
