/* Engine seam (engine.h) for a core that wasm2c turned into C under the module name "core".
 * The instance is static; a trap leaves the core by longjmp, so a board needs no other way out. */

#include "core.h"

#include <setjmp.h>
#include <stddef.h>

#include "engine.h"
#include "hal.h"

guest_memory guest;

static w2c_core instance;
static jmp_buf way_out;
static const char *trap_reason = "";

void guest_trap(const char *reason) {
  trap_reason = reason;
  longjmp(way_out, 1);
}

void wasm_rt_trap(wasm_rt_trap_t trap) {
  switch (trap) {
    case WASM_RT_TRAP_OOB:
      guest_trap("access outside of memory");
    case WASM_RT_TRAP_INT_OVERFLOW:
      guest_trap("integer overflow");
    case WASM_RT_TRAP_DIV_BY_ZERO:
      guest_trap("division by zero");
    case WASM_RT_TRAP_UNREACHABLE:
      guest_trap("unreachable");
    default:
      guest_trap("trap");
  }
}

/* Runs `entry` of the core; false when it trapped. */
static bool enter(void (*entry)(w2c_core *)) {
  if (setjmp(way_out) != 0) return false;
  entry(&instance);
  return true;
}

static void instantiate(w2c_core *core) { wasm2c_core_instantiate(core, NULL); }

bool engine_open(void) {
  guest.base = instance.w2c_memory.data;
  guest.size = WRT_MEM_SIZE;
  return enter(instantiate);
}

bool engine_init(void) { return enter(w2c_core_init); }

bool engine_tick(void) { return enter(w2c_core_tick); }

const char *engine_trap_reason(void) { return trap_reason; }

void engine_close(void) { wasm2c_core_free(&instance); }

/* The core's imports. Unsigned numbers of the generated code become the signed ones of hal.h;
 * nothing is checked here, since every hal_ function checks its own. */
u32 w2c_hal_now_ms(struct w2c_hal *hal) {
  (void)hal;
  return hal_now_ms();
}

u32 w2c_hal_now_us(struct w2c_hal *hal) {
  (void)hal;
  return hal_now_us();
}

void w2c_hal_spi(struct w2c_hal *hal, u32 device, u32 address, u32 size) {
  (void)hal;
  hal_spi((s32)device, address, (s32)size);
}

void w2c_hal_uart_open(struct w2c_hal *hal, u32 port, u32 baud, u32 format) {
  (void)hal;
  hal_uart_open((s32)port, (s32)baud, (s32)format);
}

u32 w2c_hal_uart_read(struct w2c_hal *hal, u32 port, u32 address, u32 capacity) {
  (void)hal;
  return (u32)hal_uart_read((s32)port, address, (s32)capacity);
}

u32 w2c_hal_uart_write(struct w2c_hal *hal, u32 port, u32 address, u32 size) {
  (void)hal;
  return (u32)hal_uart_write((s32)port, address, (s32)size);
}

u32 w2c_hal_uart_idle_us(struct w2c_hal *hal, u32 port) {
  (void)hal;
  return (u32)hal_uart_idle_us((s32)port);
}

u32 w2c_hal_i2c(struct w2c_hal *hal, u32 device, u32 address, u32 write_size, u32 read_size) {
  (void)hal;
  return (u32)hal_i2c((s32)device, address, (s32)write_size, (s32)read_size);
}

u32 w2c_hal_pin_read(struct w2c_hal *hal, u32 pin) {
  (void)hal;
  return (u32)hal_pin_read((s32)pin);
}

void w2c_hal_pin_write(struct w2c_hal *hal, u32 pin, u32 level) {
  (void)hal;
  hal_pin_write((s32)pin, (s32)level);
}

u32 w2c_hal_adc(struct w2c_hal *hal, u32 channel) {
  (void)hal;
  return (u32)hal_adc((s32)channel);
}

void w2c_hal_watchdog(struct w2c_hal *hal) {
  (void)hal;
  hal_watchdog();
}

void w2c_hal_fault(struct w2c_hal *hal, u32 code, u32 detail) {
  (void)hal;
  hal_fault((s32)code, (s32)detail);
}

u32 w2c_hal_boot_reason(struct w2c_hal *hal) {
  (void)hal;
  return (u32)hal_boot_reason();
}
