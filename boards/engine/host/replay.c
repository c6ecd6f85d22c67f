/* Runs a core against a recording made by boards/engine/recording.ts, whose header describes the
 * bytes: each HAL call and what it sends must be the recorded one, and gets the recorded result.
 *   replay FILE
 * Exit code 0 and a count when all was equal; 1 with the first difference; 2 for a bad file.
 * It is a board without devices: time, restarts and traps are those of the recording. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../engine.h"
#include "hal.h"

enum {
  START = 1,
  INIT = 2,
  TICK = 3,
  RETURNED = 4,
  TRAPPED = 5,
  NOW_MS = 16,
  NOW_US,
  SPI,
  UART_OPEN,
  UART_READ,
  UART_WRITE,
  UART_IDLE_US,
  I2C,
  PIN_READ,
  PIN_WRITE,
  ADC,
  WATCHDOG,
  FAULT,
  BOOT_REASON,
};

static const char *const CALL_NAMES[] = {
    "now_ms", "now_us",   "spi",       "uart_open", "uart_read", "uart_write", "uart_idle_us",
    "i2c",    "pin_read", "pin_write", "adc",       "watchdog",  "fault",      "boot_reason",
};

/* Status of a call in the recording. */
enum { DONE = 0, REFUSED = 1 };

static FILE *recording;
static uint64_t offset;
static uint64_t entry_count;
static uint64_t call_count;
/* The core is in a call whose status was not read yet: a trap now must be a recorded refusal. */
static bool in_call;

static void differ(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void differ(const char *format, ...) {
  va_list values;
  fprintf(stderr, "entry %llu, call %llu, byte %llu: ", (unsigned long long)entry_count,
          (unsigned long long)call_count, (unsigned long long)offset);
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(1);
}

static uint8_t take_byte(void) {
  int byte = getc(recording);
  if (byte == EOF) differ("the recording ends here");
  offset++;
  return (uint8_t)byte;
}

static uint32_t take_word(void) {
  uint32_t word = take_byte();
  word |= (uint32_t)take_byte() << 8;
  word |= (uint32_t)take_byte() << 16;
  return word | (uint32_t)take_byte() << 24;
}

static const char *name_of(uint8_t code) {
  if (code >= NOW_MS && code <= BOOT_REASON) return CALL_NAMES[code - NOW_MS];
  if (code == RETURNED) return "return";
  return code == TRAPPED ? "trap" : "start or entry";
}

/* The core makes call `code` with `count` numbers: the recording must say the same. */
static void begin_call(uint8_t code, int count, const uint32_t *numbers) {
  uint8_t recorded = take_byte();
  call_count++;
  if (recorded != code) differ("core calls %s, recorded is %s", name_of(code), name_of(recorded));
  for (int i = 0; i < count; i++) {
    uint32_t number = take_word();
    if (number == numbers[i]) continue;
    differ("%s: argument %d is %u, recorded is %u", name_of(code), i, numbers[i], number);
  }
  in_call = true;
}

/* The board took the call, or the core is stopped as it was in the recording. */
static void take_status(void) {
  uint8_t status = take_byte();
  in_call = false;
  if (status == REFUSED) guest_trap("refused by the board");
}

static void compare_sent(const uint8_t *bytes, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) {
    uint8_t recorded = take_byte();
    if (bytes[i] != recorded) {
      differ("byte %u sent is %02x, recorded is %02x", i, bytes[i], recorded);
    }
  }
}

static void take_received(uint8_t *bytes, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) bytes[i] = take_byte();
}

/* A call without buffer that has a result. */
static uint32_t simple_call(uint8_t code, int count, uint32_t number) {
  begin_call(code, count, &number);
  take_status();
  return take_word();
}

uint32_t hal_now_ms(void) { return simple_call(NOW_MS, 0, 0); }

uint32_t hal_now_us(void) { return simple_call(NOW_US, 0, 0); }

void hal_spi(int32_t device, uint32_t address, int32_t size) {
  begin_call(SPI, 3, (uint32_t[]){(uint32_t)device, address, (uint32_t)size});
  uint8_t *bytes = guest_span(address, (uint32_t)size);
  take_status();
  compare_sent(bytes, (uint32_t)size);
  take_received(bytes, (uint32_t)size);
}

void hal_uart_open(int32_t port, int32_t baud, int32_t format) {
  begin_call(UART_OPEN, 3, (uint32_t[]){(uint32_t)port, (uint32_t)baud, (uint32_t)format});
  take_status();
}

int32_t hal_uart_read(int32_t port, uint32_t address, int32_t capacity) {
  begin_call(UART_READ, 3, (uint32_t[]){(uint32_t)port, address, (uint32_t)capacity});
  uint8_t *bytes = guest_span(address, (uint32_t)capacity);
  take_status();
  int32_t count = (int32_t)take_word();
  if (count > capacity) differ("uart_read: more bytes recorded than fit");
  if (count > 0) take_received(bytes, (uint32_t)count);
  return count;
}

int32_t hal_uart_write(int32_t port, uint32_t address, int32_t size) {
  begin_call(UART_WRITE, 3, (uint32_t[]){(uint32_t)port, address, (uint32_t)size});
  uint8_t *bytes = guest_span(address, (uint32_t)size);
  take_status();
  compare_sent(bytes, (uint32_t)size);
  return (int32_t)take_word();
}

int32_t hal_uart_idle_us(int32_t port) {
  return (int32_t)simple_call(UART_IDLE_US, 1, (uint32_t)port);
}

int32_t hal_i2c(int32_t device, uint32_t address, int32_t write_size, int32_t read_size) {
  uint32_t numbers[] = {(uint32_t)device, address, (uint32_t)write_size, (uint32_t)read_size};
  begin_call(I2C, 4, numbers);
  int32_t size = write_size > read_size ? write_size : read_size;
  uint8_t *bytes = guest_span(address, (uint32_t)size);
  take_status();
  compare_sent(bytes, (uint32_t)write_size);
  int32_t result = (int32_t)take_word();
  if (result == 0) take_received(bytes, (uint32_t)read_size);
  return result;
}

int32_t hal_pin_read(int32_t pin) { return (int32_t)simple_call(PIN_READ, 1, (uint32_t)pin); }

void hal_pin_write(int32_t pin, int32_t level) {
  begin_call(PIN_WRITE, 2, (uint32_t[]){(uint32_t)pin, (uint32_t)level});
  take_status();
}

int32_t hal_adc(int32_t channel) { return (int32_t)simple_call(ADC, 1, (uint32_t)channel); }

void hal_watchdog(void) {
  begin_call(WATCHDOG, 0, NULL);
  take_status();
}

void hal_fault(int32_t code, int32_t detail) {
  begin_call(FAULT, 2, (uint32_t[]){(uint32_t)code, (uint32_t)detail});
  take_status();
  differ("fault returned in the recording");
}

int32_t hal_boot_reason(void) { return (int32_t)simple_call(BOOT_REASON, 0, 0); }

/* One entry of the core, and its end, which must be the recorded one. */
static void run_entry(bool (*entry)(void)) {
  entry_count++;
  in_call = false;
  bool returned = entry();
  if (!returned && in_call && take_byte() != REFUSED) {
    differ("core trapped in a call that was taken: %s", engine_trap_reason());
  }
  uint8_t recorded = take_byte();
  if (returned && recorded != RETURNED) differ("core returned, recorded is %s", name_of(recorded));
  if (!returned && recorded != TRAPPED) {
    differ("core trapped (%s), recorded is %s", engine_trap_reason(), name_of(recorded));
  }
}

static void run(void) {
  bool is_open = false;
  for (int code = getc(recording); code != EOF; code = getc(recording)) {
    offset++;
    if (code == START) {
      if (is_open) engine_close();
      is_open = engine_open();
      if (!is_open) differ("core does not start: %s", engine_trap_reason());
    } else if (is_open && (code == INIT || code == TICK)) {
      run_entry(code == INIT ? engine_init : engine_tick);
    } else {
      differ("core is idle, recorded is %s", name_of((uint8_t)code));
    }
  }
}

int main(int count, char **arguments) {
  if (count == 2) recording = fopen(arguments[1], "rb");
  if (recording == NULL) {
    fputs("usage: replay FILE\n", stderr);
    return 2;
  }
  run();
  printf("%llu entries, %llu calls\n", (unsigned long long)entry_count,
         (unsigned long long)call_count);
  fclose(recording);
  return 0;
}
