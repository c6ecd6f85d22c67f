/* Engine seam (engine.h) for a core as a .wasm file, run by WAMR. All memory is static: the pool, from
 * which WAMR takes everything including the core's memory, and, for the classic interpreter, a copy of
 * the file, since that interpreter runs in it and writes to it.
 *
 * Buffers: the imports hand offsets on, as under wasm2c, and each hal_ function checks its own with
 * guest_span() of hal.h. WAMR's own check ("*~" in a signature) is not used: one gate for both engines,
 * and in i2c the size to check is no argument but the larger of two. */

#include <setjmp.h>
#include <stddef.h>
#include <string.h>

#include "engine.h"
#include "hal.h"
#include "wasm_export.h"

/* Of the core's operands and locals, bytes; more is a trap. */
#ifndef WAMR_STACK_SIZE
#define WAMR_STACK_SIZE 4096
#endif

enum { ERROR_SIZE = 96 };

guest_memory guest;

extern const uint8_t core_wasm[CORE_WASM_SIZE];

static uint8_t pool[WAMR_POOL_SIZE] __attribute__((aligned(8)));
static wasm_module_t module;
static wasm_module_inst_t instance;
static wasm_exec_env_t exec_env;
static wasm_function_inst_t init_entry;
static wasm_function_inst_t tick_entry;
static bool is_running;
static jmp_buf way_out;
static const char *trap_reason = "";

#if WASM_ENABLE_FAST_INTERP != 0
enum { HEAD_SIZE = 8, SECTION_LIMIT = 16, LENGTH_LIMIT = 5, CUSTOM_SECTION = 0 };

/* A number of up to 32 bits at `*at` (WebAssembly, "Integers"), behind which `*at` then is; the end of
 * the file when there is none. */
static uint32_t read_length(uint32_t *at) {
  uint32_t value = 0;
  for (uint32_t i = 0; i < LENGTH_LIMIT && *at < CORE_WASM_SIZE; i++) {
    uint8_t byte = core_wasm[(*at)++];
    value |= (uint32_t)(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) return value;
  }
  return CORE_WASM_SIZE;
}

/* The loader makes code of its own and does not write to the file. It gets the sections and not the file,
 * of which it would copy the core's data; custom sections are left out. */
static wasm_module_t load_core(char *error, uint32_t error_size) {
  static wasm_section_t sections[SECTION_LIMIT];
  uint32_t count = 0;
  for (uint32_t at = HEAD_SIZE; at < CORE_WASM_SIZE;) {
    int type = core_wasm[at++];
    uint32_t size = read_length(&at);
    if (size > CORE_WASM_SIZE - at || count == SECTION_LIMIT) return NULL;
    wasm_section_t *section = &sections[count];
    *section = (wasm_section_t){
        .section_type = type,
        .section_body = (uint8_t *)(uintptr_t)core_wasm + at,
        .section_body_size = size,
    };
    at += size;
    if (type == CUSTOM_SECTION) continue;
    if (count > 0) sections[count - 1].next = section;
    count++;
  }
  return count == 0 ? NULL : wasm_runtime_load_from_sections(sections, false, error, error_size);
}
#else
static wasm_module_t load_core(char *error, uint32_t error_size) {
  static uint8_t code[CORE_WASM_SIZE] __attribute__((aligned(8)));
  memcpy(code, core_wasm, CORE_WASM_SIZE);
  return wasm_runtime_load(code, CORE_WASM_SIZE, error, error_size);
}
#endif

void guest_trap(const char *reason) {
  trap_reason = reason;
  longjmp(way_out, 1);
}

/* The core's imports. WAMR hands its environment as first argument; nothing is checked here, since
 * every hal_ function checks its own. */
static uint32_t in_now_ms(wasm_exec_env_t env) {
  (void)env;
  return hal_now_ms();
}

static uint32_t in_now_us(wasm_exec_env_t env) {
  (void)env;
  return hal_now_us();
}

static void in_spi(wasm_exec_env_t env, int32_t device, uint32_t address, int32_t size) {
  (void)env;
  hal_spi(device, address, size);
}

static void in_uart_open(wasm_exec_env_t env, int32_t port, int32_t baud, int32_t format) {
  (void)env;
  hal_uart_open(port, baud, format);
}

static int32_t in_uart_read(wasm_exec_env_t env, int32_t port, uint32_t address, int32_t capacity) {
  (void)env;
  return hal_uart_read(port, address, capacity);
}

static int32_t in_uart_write(wasm_exec_env_t env, int32_t port, uint32_t address, int32_t size) {
  (void)env;
  return hal_uart_write(port, address, size);
}

static int32_t in_uart_idle_us(wasm_exec_env_t env, int32_t port) {
  (void)env;
  return hal_uart_idle_us(port);
}

static int32_t in_i2c(wasm_exec_env_t env, int32_t device, uint32_t address, int32_t write_size,
                      int32_t read_size) {
  (void)env;
  return hal_i2c(device, address, write_size, read_size);
}

static int32_t in_pin_read(wasm_exec_env_t env, int32_t pin) {
  (void)env;
  return hal_pin_read(pin);
}

static void in_pin_write(wasm_exec_env_t env, int32_t pin, int32_t level) {
  (void)env;
  hal_pin_write(pin, level);
}

static int32_t in_adc(wasm_exec_env_t env, int32_t channel) {
  (void)env;
  return hal_adc(channel);
}

static void in_watchdog(wasm_exec_env_t env) {
  (void)env;
  hal_watchdog();
}

static void in_fault(wasm_exec_env_t env, int32_t code_number, int32_t detail) {
  (void)env;
  hal_fault(code_number, detail);
}

static int32_t in_boot_reason(wasm_exec_env_t env) {
  (void)env;
  return hal_boot_reason();
}

/* Not const: WAMR sorts it. i is a number of 32 bits. */
static NativeSymbol imports[] = {
    {"now_ms", in_now_ms, "()i", NULL},
    {"now_us", in_now_us, "()i", NULL},
    {"spi", in_spi, "(iii)", NULL},
    {"uart_open", in_uart_open, "(iii)", NULL},
    {"uart_read", in_uart_read, "(iii)i", NULL},
    {"uart_write", in_uart_write, "(iii)i", NULL},
    {"uart_idle_us", in_uart_idle_us, "(i)i", NULL},
    {"i2c", in_i2c, "(iiii)i", NULL},
    {"pin_read", in_pin_read, "(i)i", NULL},
    {"pin_write", in_pin_write, "(ii)", NULL},
    {"adc", in_adc, "(i)i", NULL},
    {"watchdog", in_watchdog, "()", NULL},
    {"fault", in_fault, "(ii)", NULL},
    {"boot_reason", in_boot_reason, "()i", NULL},
};

/* WAMR's own words name more but stand in memory that a restart clears. */
static bool refuse(const char *reason) {
  trap_reason = reason;
  return false;
}

/* WAMR starts a core whose imports it does not know, and traps at the call. A core that does not fit
 * shall not start. An import of another type than ours is not linked either. */
static bool imports_are_linked(void) {
  int32_t count = wasm_runtime_get_import_count(module);
  for (int32_t i = 0; i < count; i++) {
    wasm_import_t import;
    wasm_runtime_get_import_type(module, i, &import);
    if (import.kind != WASM_IMPORT_EXPORT_KIND_FUNC || !import.linked) return false;
  }
  return true;
}

/* The entry `name`, which takes and returns nothing; NULL when there is none. */
static wasm_function_inst_t entry_of(const char *name) {
  wasm_function_inst_t entry = wasm_runtime_lookup_function(instance, name);
  if (entry == NULL || wasm_func_get_param_count(entry, instance) != 0) return NULL;
  return wasm_func_get_result_count(entry, instance) == 0 ? entry : NULL;
}

static bool start_runtime(void) {
  RuntimeInitArgs arguments = {
      .mem_alloc_type = Alloc_With_Pool,
      .native_module_name = "hal",
      .native_symbols = imports,
      .n_native_symbols = sizeof imports / sizeof imports[0],
  };
  arguments.mem_alloc_option.pool.heap_buf = pool;
  arguments.mem_alloc_option.pool.heap_size = sizeof pool;
  is_running = wasm_runtime_full_init(&arguments);
  return is_running || refuse("pool too small");
}

static bool load(void) {
  char error[ERROR_SIZE];
  module = load_core(error, sizeof error);
  if (module == NULL) return refuse("core not valid, or pool too small");
  if (!imports_are_linked()) return refuse("import unknown or of another type");
  instance = wasm_runtime_instantiate(module, WAMR_STACK_SIZE, 0, error, sizeof error);
  return instance != NULL || refuse("no memory for the core, or its start traps");
}

static bool find_memory(void) {
  wasm_memory_inst_t memory = wasm_runtime_get_default_memory(instance);
  if (memory == NULL) return refuse("core has no memory");
  guest.base = wasm_memory_get_base_address(memory);
  guest.size = (uint32_t)(wasm_memory_get_cur_page_count(memory) *
                          wasm_memory_get_bytes_per_page(memory));
  return true;
}

/* What opening takes comes from the pool, which wasm_runtime_destroy gives up as a whole. */
static bool open(void) {
  if (!start_runtime() || !load() || !find_memory()) return false;
  init_entry = entry_of("init");
  tick_entry = entry_of("tick");
  if (init_entry == NULL || tick_entry == NULL) return refuse("no init() or tick()");
  exec_env = wasm_runtime_create_exec_env(instance, WAMR_STACK_SIZE);
  return exec_env != NULL || refuse("pool too small");
}

bool engine_open(void) {
  engine_close();
  if (setjmp(way_out) != 0) return false; /* a start function that traps in a HAL call */
  return open();
}

/* WAMR's words for a trap, and ours, which are those of engine_wasm2c.c. */
static const struct {
  const char *exception;
  const char *reason;
} REASONS[] = {
    {"Exception: out of bounds memory access", "access outside of memory"},
    {"Exception: integer overflow", "integer overflow"},
    {"Exception: integer divide by zero", "division by zero"},
    {"Exception: unreachable", "unreachable"},
    {"Exception: wasm operand stack overflow", "stack overflow"},
};

static const char *reason_of(const char *exception) {
  for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++) {
    if (strcmp(exception, REASONS[i].exception) == 0) return REASONS[i].reason;
  }
  return "trap";
}

/* Runs `entry` of the core; false when it trapped. */
static bool enter(wasm_function_inst_t entry) {
  if (setjmp(way_out) != 0) return false;
  if (wasm_runtime_call_wasm(exec_env, entry, 0, NULL)) return true;
  trap_reason = reason_of(wasm_runtime_get_exception(instance));
  return false;
}

bool engine_init(void) { return enter(init_entry); }

bool engine_tick(void) { return enter(tick_entry); }

const char *engine_trap_reason(void) { return trap_reason; }

void engine_close(void) {
  if (!is_running) return;
  if (exec_env != NULL) wasm_runtime_destroy_exec_env(exec_env);
  if (instance != NULL) wasm_runtime_deinstantiate(instance);
  if (module != NULL) wasm_runtime_unload(module);
  exec_env = NULL;
  instance = NULL;
  module = NULL;
  wasm_runtime_destroy();
  is_running = false;
}
