/* See board.h. The FRAM answers as in the MB85RS2MTA data sheet, "Op-code" and "Command". */

#include "board.h"

#include <string.h>

#include "hal.h"
#include "stopwatch.h"

enum {
  OP_WRITE = 0x02,
  OP_READ = 0x03,
  OP_WRITE_ENABLE = 0x06,
  OP_READ_ID = 0x9f,
  COMMAND_SIZE = 4,
  CHAIN_SIZE = 10,
  SERVICE_OPEN = 1,
};

enum { SPI = 1, UART_OPEN, UART_READ, UART_WRITE, PIN_WRITE, ADC, WATCHDOG };

static const uint8_t IDENTIFICATION[] = {0x04, 0x7f, 0x48, 0x03};

static bench_head head;
static uint8_t *fram;
static const bench_tick *ticks;
static const bench_tick *current;
static const uint8_t *link_bytes;
static uint32_t link_waiting;
static uint32_t link_at_us;
static uint32_t clock_ms;
static uint32_t tick_number;
static bool write_enabled;
static bool folds;
static uint32_t folded;
static uint32_t call_count;

bool bench_take(uint8_t *load) {
  memcpy(&head, load, sizeof head);
  if (head.magic != BENCH_MAGIC || head.tick_count == 0) return false;
  fram = load + sizeof head;
  ticks = (const bench_tick *)(fram + BENCH_FRAM_SIZE);
  link_bytes = (const uint8_t *)(ticks + head.tick_count + 1);
  current = ticks;
  clock_ms = ticks->step_ms;
  return true;
}

const bench_head *bench_load(void) { return &head; }

const uint8_t *bench_fram(void) { return fram; }

void bench_next(void) {
  current = ticks + ++tick_number;
  clock_ms += current->step_ms;
  link_waiting += current->link_count;
  if (current->link_count != 0) link_at_us = clock_ms * 1000;
}

/* FNV-1a, but over words. */
static void fold_word(uint32_t word) { folded = (folded ^ word) * 16777619u; }

static void fold_bytes(const uint8_t *bytes, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) fold_word(bytes[i]);
}

static void fold(uint32_t code, uint32_t a, uint32_t b) {
  fold_word(tick_number);
  fold_word(code);
  fold_word(a);
  fold_word(b);
  call_count++;
}

void bench_fold(void) {
  folds = true;
  folded = 2166136261u;
  call_count = 0;
}

uint32_t bench_folded(void) { return folded; }

uint32_t bench_calls(void) { return call_count; }

static uint32_t place(const uint8_t *command) {
  uint32_t address = (uint32_t)command[1] << 16 | (uint32_t)command[2] << 8 | command[3];
  return address & (BENCH_FRAM_SIZE - 1);
}

static void fram_transfer(uint8_t *bytes, uint32_t size) {
  uint32_t rest = size > COMMAND_SIZE ? size - COMMAND_SIZE : 0;
  if (folds) fold_bytes(bytes, bytes[0] == OP_READ ? COMMAND_SIZE : size);
  if (bytes[0] == OP_WRITE_ENABLE) {
    write_enabled = true;
  } else if (bytes[0] == OP_READ_ID && size == 1 + sizeof IDENTIFICATION) {
    memcpy(bytes + 1, IDENTIFICATION, sizeof IDENTIFICATION);
  } else if (place(bytes) + rest > BENCH_FRAM_SIZE) {
    guest_trap("transfer past the end of the memory");
  } else if (bytes[0] == OP_READ) {
    memcpy(bytes + COMMAND_SIZE, fram + place(bytes), rest);
  } else if (bytes[0] == OP_WRITE && write_enabled) {
    memcpy(fram + place(bytes), bytes + COMMAND_SIZE, rest);
    write_enabled = false;
  }
}

void hal_spi(int32_t device, uint32_t address, int32_t size) {
  stopwatch_pause();
  uint8_t *bytes = guest_span(address, (uint32_t)size);
  if (folds) fold(SPI, (uint32_t)device, (uint32_t)size);
  if (device == HAL_SPI_FRAM) {
    fram_transfer(bytes, (uint32_t)size);
  } else if (device == HAL_SPI_INPUTS && size == CHAIN_SIZE) {
    memcpy(bytes, current->inputs, CHAIN_SIZE);
  } else if (device == HAL_SPI_COILS && size == CHAIN_SIZE) {
    if (folds) fold_bytes(bytes, CHAIN_SIZE);
  } else {
    guest_trap("unknown SPI device");
  }
  stopwatch_go();
}

uint32_t hal_now_ms(void) {
  stopwatch_pause();
  uint32_t now_ms = clock_ms;
  stopwatch_go();
  return now_ms;
}

uint32_t hal_now_us(void) {
  stopwatch_pause();
  uint32_t now_us = clock_ms * 1000;
  stopwatch_go();
  return now_us;
}

void hal_uart_open(int32_t port, int32_t baud, int32_t format) {
  stopwatch_pause();
  (void)format;
  if (folds) fold(UART_OPEN, (uint32_t)port, (uint32_t)baud);
  link_waiting = 0;
  stopwatch_go();
}

int32_t hal_uart_read(int32_t port, uint32_t address, int32_t capacity) {
  stopwatch_pause();
  uint8_t *bytes = guest_span(address, (uint32_t)capacity);
  uint32_t count = link_waiting < (uint32_t)capacity ? link_waiting : (uint32_t)capacity;
  if (folds) fold(UART_READ, (uint32_t)port, (uint32_t)capacity);
  memcpy(bytes, link_bytes, count);
  link_bytes += count;
  link_waiting -= count;
  stopwatch_go();
  return (int32_t)count;
}

int32_t hal_uart_write(int32_t port, uint32_t address, int32_t size) {
  stopwatch_pause();
  uint8_t *bytes = guest_span(address, (uint32_t)size);
  if (folds) {
    fold(UART_WRITE, (uint32_t)port, (uint32_t)size);
    fold_bytes(bytes, (uint32_t)size);
  }
  stopwatch_go();
  return size;
}

int32_t hal_uart_idle_us(int32_t port) {
  stopwatch_pause();
  (void)port;
  int32_t idle_us = (int32_t)(clock_ms * 1000 - link_at_us);
  stopwatch_go();
  return idle_us;
}

int32_t hal_i2c(int32_t device, uint32_t address, int32_t write_size, int32_t read_size) {
  (void)device;
  (void)address;
  (void)write_size;
  (void)read_size;
  guest_trap("the meter has no I2C");
}

int32_t hal_pin_read(int32_t pin) {
  stopwatch_pause();
  int32_t level = pin == HAL_PIN_SOCKET_VERIFY ? current->socket_verify : SERVICE_OPEN;
  stopwatch_go();
  return level;
}

void hal_pin_write(int32_t pin, int32_t level) {
  stopwatch_pause();
  if (folds) fold(PIN_WRITE, (uint32_t)pin, (uint32_t)level);
  stopwatch_go();
}

int32_t hal_adc(int32_t channel) {
  stopwatch_pause();
  if (folds) fold(ADC, (uint32_t)channel, 0);
  int32_t sample = current->sample[0] | current->sample[1] << 8;
  stopwatch_go();
  return sample;
}

void hal_watchdog(void) {
  stopwatch_pause();
  if (folds) fold(WATCHDOG, 0, 0);
  stopwatch_go();
}

void hal_fault(int32_t code, int32_t detail) {
  (void)code;
  (void)detail;
  guest_trap("fault");
}

int32_t hal_boot_reason(void) { return HAL_BOOT_POWER; }
