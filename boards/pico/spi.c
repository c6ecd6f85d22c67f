/* SPI0 and SPI1 as masters, mode 0, 8 bits. Each device has a select of its own by GPIO: PL022's own
 * would rise between bytes. RP2040 data sheet, sect. 4.4. */

#include "board.h"
#include "hal.h"
#include "pins.h"

#define FIFO_DEPTH 8u

/* clk_peri / (2 x (SCR + 1)), at most what HAL.md says. */
#define SCR_8MHZ 7u  /* 7.8125 MHz */
#define SCR_4MHZ 15u /* 3.90625 MHz */

typedef struct {
  uint32_t block; /* 0: not on this board */
  uint32_t select;
} spi_device;

static const spi_device DEVICES[] = {
#ifdef ROLE_METER
    [HAL_SPI_FRAM] = {SPI0, GPIO_FRAM_CS},
    [HAL_SPI_INPUTS] = {SPI1, GPIO_INPUTS_HOLD},
    [HAL_SPI_COILS] = {SPI1, GPIO_COILS_LATCH},
#else
    [HAL_SPI_TUBES] = {SPI0, GPIO_TUBES_LOAD},
    [HAL_SPI_READER] = {SPI1, GPIO_READER_CS},
#endif
};

#define DEVICE_COUNT ((int32_t)(sizeof(DEVICES) / sizeof(DEVICES[0])))

static void block_start(uint32_t block, uint32_t rate) {
  REGISTER(block + SPI_CPSR) = 2;
  REGISTER(block + SPI_CR0) = rate << 8 | SPI_CR0_8_BITS;
  REGISTER(block + SPI_CR1) = SPI_CR1_ON;
}

void spi_start(void) {
  blocks_reset(RESETS_SPI0 | RESETS_SPI1);
  blocks_release(RESETS_SPI0 | RESETS_SPI1);
  block_start(SPI0, SCR_8MHZ);
#ifdef ROLE_METER
  block_start(SPI1, SCR_8MHZ);
#else
  block_start(SPI1, SCR_4MHZ);
#endif
}

bool spi_has(int32_t device) {
  return device >= 0 && device < DEVICE_COUNT && DEVICES[device].block != 0;
}

/* Ends after size x 8 bit times: the master clocks itself, so no wait here depends on the device. Never
 * more than the receive FIFO holds are under way. */
void spi_exchange(int32_t device, uint8_t *bytes, uint32_t size) {
  uint32_t block = DEVICES[device].block;
  uint32_t sent = 0;
  uint32_t received = 0;
  gpio_write(DEVICES[device].select, false);
  while (received < size) {
    uint32_t status = REGISTER(block + SPI_SR);
    if (sent < size && sent - received < FIFO_DEPTH && (status & SPI_SR_TNF) != 0) {
      REGISTER(block + SPI_DR) = bytes[sent++];
    }
    if ((status & SPI_SR_RNE) != 0) bytes[received++] = (uint8_t)REGISTER(block + SPI_DR);
  }
  /* The last byte is there half a bit before the clock has come to rest. */
  while ((REGISTER(block + SPI_SR) & SPI_SR_BSY) != 0) continue;
  gpio_write(DEVICES[device].select, true);
}
