/* I2C0 as a master at 400 kHz at most, for the panel's clock chip. A call ends within 5 ms whatever the
 * bus does: a device that holds a line is given nine clocks by hand (I2C-bus specification, 3.1.16). RP2040
 * data sheet, sect. 4.3. */

#include "board.h"
#include "hal.h"
#include "pins.h"

#ifdef ROLE_PANEL

#define FIFO_DEPTH 16u
/* 66 bytes of 9 bits take 1.6 ms; a device may stretch the clock for as long again. */
#define TRANSFER_LIMIT_US 3500u
#define HALF_CLOCK_US 5u
#define FREE_CLOCKS 9

/* Of 8 ns: SCL low 1.5 us, high 1.0 us plus what the filter adds: 377 kHz; data held for 304 ns. */
#define LOW_COUNT 187u
#define HIGH_COUNT 125u
#define FILTER_COUNT 11u
#define HOLD_COUNT 38u

static const uint32_t SDA = GPIO_CLOCK_SDA;
static const uint32_t SCL = GPIO_CLOCK_SCL;

void i2c_start(void) {
  blocks_reset(RESETS_I2C0);
  blocks_release(RESETS_I2C0);
  REGISTER(I2C_ENABLE) = 0;
  REGISTER(I2C_CON) = I2C_CON_MASTER_FAST;
  REGISTER(I2C_FS_SCL_HCNT) = HIGH_COUNT;
  REGISTER(I2C_FS_SCL_LCNT) = LOW_COUNT;
  REGISTER(I2C_FS_SPKLEN) = FILTER_COUNT;
  REGISTER(I2C_SDA_HOLD) = HOLD_COUNT;
}

static void wait_us(uint32_t delay_us) {
  uint32_t since_us = timer_us();
  while (timer_us() - since_us < delay_us) continue;
}

static bool bus_is_free(void) { return gpio_read(SDA) && gpio_read(SCL); }

/* A line by hand: driven low, or let go. */
static void pull(uint32_t gpio, bool low) {
  REGISTER(low ? SIO_GPIO_OE_SET : SIO_GPIO_OE_CLR) = 1u << gpio;
  wait_us(HALF_CLOCK_US);
}

/* Clocks until a device that was interrupted while sending has let go of SDA, then a stop. */
static bool bus_free(void) {
  gpio_write(SDA, false);
  gpio_write(SCL, false);
  pull(SDA, false);
  pull(SCL, false);
  REGISTER(GPIO_CTRL(SDA)) = GPIO_SIO;
  REGISTER(GPIO_CTRL(SCL)) = GPIO_SIO;
  for (int i = 0; i < FREE_CLOCKS && !gpio_read(SDA); i++) {
    pull(SCL, true);
    pull(SCL, false);
  }
  pull(SCL, true);
  pull(SDA, true);
  pull(SCL, false);
  pull(SDA, false);
  bool is_free = bus_is_free();
  REGISTER(GPIO_CTRL(SDA)) = GPIO_I2C;
  REGISTER(GPIO_CTRL(SCL)) = GPIO_I2C;
  i2c_start();
  return is_free;
}

/* The command for byte `index` of a transfer: first the writes, then the reads. */
static uint32_t command(const uint8_t *bytes, uint32_t index, uint32_t writes, uint32_t all) {
  uint32_t word = index < writes ? bytes[index] : I2C_DATA_READ;
  if (index == writes && writes > 0) word |= I2C_DATA_RESTART;
  if (index == all - 1) word |= I2C_DATA_STOP;
  return word;
}

typedef enum { DONE, REFUSED, STUCK } outcome;

/* Results go over the bytes to write: a read begins only after the last of those has left. */
static outcome transfer(uint8_t *bytes, uint32_t writes, uint32_t reads) {
  uint32_t all = writes + reads;
  uint32_t asked = 0;
  uint32_t received = 0;
  uint32_t since_us = timer_us();
  for (;;) {
    uint32_t events = REGISTER(I2C_RAW_INTR_STAT);
    if ((events & I2C_INT_TX_ABRT) != 0) break;
    uint32_t status = REGISTER(I2C_STATUS);
    bool has_room = asked < writes || asked - writes - received < FIFO_DEPTH;
    if (asked < all && has_room && (status & I2C_STATUS_TFNF) != 0) {
      REGISTER(I2C_DATA_CMD) = command(bytes, asked++, writes, all);
    }
    if ((status & I2C_STATUS_RFNE) != 0) bytes[received++] = (uint8_t)REGISTER(I2C_DATA_CMD);
    if ((events & I2C_INT_STOP_DET) != 0 && asked == all && received == reads) return DONE;
    if (timer_us() - since_us > TRANSFER_LIMIT_US) return STUCK;
  }
  uint32_t source = REGISTER(I2C_TX_ABRT_SOURCE);
  (void)REGISTER(I2C_CLR_TX_ABRT);
  if ((source & I2C_ABRT_NO_ACKNOWLEDGE) == 0) return STUCK; /* somebody else drives the bus */
  while ((REGISTER(I2C_RAW_INTR_STAT) & I2C_INT_STOP_DET) == 0) {
    if (timer_us() - since_us > TRANSFER_LIMIT_US) return STUCK;
  }
  return REFUSED;
}

int32_t i2c_exchange(uint32_t device, uint8_t *bytes, uint32_t writes, uint32_t reads) {
  uint8_t unused;
  if (writes + reads == 0) { /* the block cannot send an address alone */
    bytes = &unused;
    reads = 1;
  }
  if (!bus_is_free() && !bus_free()) return HAL_I2C_BUS_STUCK;
  REGISTER(I2C_ENABLE) = 0;
  REGISTER(I2C_TAR) = device;
  REGISTER(I2C_ENABLE) = 1;
  (void)REGISTER(I2C_CLR_INTR);
  outcome outcome = transfer(bytes, writes, reads);
  if (outcome == STUCK) {
    bus_free();
    return HAL_I2C_BUS_STUCK;
  }
  REGISTER(I2C_ENABLE) = 0;
  return outcome == DONE ? 0 : HAL_I2C_NO_ACKNOWLEDGE;
}

#endif
