/* Runtime of a core that wasm2c made: what the generated code asks for, and no more. The memory
 * stands inside of the instance, so nothing is allocated; its size is WRT_MEM_SIZE, a constant, so
 * that the compiler proves most bounds checks away (wasm2c.ts puts the constant into the check).
 * Names are those that wasm2c 1.0.39 writes. Floating point, growing memory and indirect calls are
 * not supported: the cores have none of them. */

#ifndef WASM_RT_H_
#define WASM_RT_H_

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifndef WRT_MEM_SIZE
#error "WRT_MEM_SIZE: bytes of linear memory, __heap_base of the core rounded up"
#endif

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define wasm_rt_memcpy(to, from, size) memcpy(to, from, size)

/* With WRT_STRICT a number at an address that its size does not divide traps as well: WebAssembly
 * allows it, the smaller microcontrollers do not, and so no core may do it. */
#ifdef WRT_STRICT
#define WRT_MISPLACED(address, size) ((address) % (size) != 0)
#else
#define WRT_MISPLACED(address, size) false
#endif

typedef enum {
  WASM_RT_TRAP_NONE,
  WASM_RT_TRAP_OOB,
  WASM_RT_TRAP_INT_OVERFLOW,
  WASM_RT_TRAP_DIV_BY_ZERO,
  WASM_RT_TRAP_INVALID_CONVERSION,
  WASM_RT_TRAP_UNREACHABLE,
  WASM_RT_TRAP_CALL_INDIRECT,
  WASM_RT_TRAP_EXHAUSTION,
} wasm_rt_trap_t;

/* Ends the core; in the engine. */
void wasm_rt_trap(wasm_rt_trap_t trap) __attribute__((noreturn));

typedef struct {
  uint64_t size;
  uint8_t data[WRT_MEM_SIZE] __attribute__((aligned(8)));
} wasm_rt_memory_t;

#define wasm_rt_is_initialized() true
#define wasm_rt_free_memory(memory) ((void)(memory))

/* Zeroes the memory. The module's page (64 KiB) is more than it needs; see WRT_MEM_SIZE. */
#define wasm_rt_allocate_memory(memory, pages, maximum, is_64, page_size) \
  ((memory)->size = WRT_MEM_SIZE, memset((memory)->data, 0, WRT_MEM_SIZE))

/* Types of tables, for functions that every wasm2c output has and no core calls. */
typedef const char *wasm_rt_func_type_t;
typedef enum { WASM_RT_I32, WASM_RT_I64, WASM_RT_F32, WASM_RT_F64 } wasm_rt_type_t;
typedef void (*wasm_rt_function_ptr_t)(void);
typedef struct wasm_rt_tailcallee_t {
  void (*fn)(void **instance, void *stack, struct wasm_rt_tailcallee_t *next);
} wasm_rt_tailcallee_t;
typedef struct {
  wasm_rt_func_type_t func_type;
  wasm_rt_function_ptr_t func;
  wasm_rt_tailcallee_t func_tailcallee;
  void *module_instance;
} wasm_rt_funcref_t;
typedef void *wasm_rt_externref_t;
#define wasm_rt_funcref_null_value ((wasm_rt_funcref_t){NULL, NULL, {NULL}, NULL})
#define wasm_rt_externref_null_value NULL
typedef struct {
  wasm_rt_funcref_t *data;
  uint32_t size;
} wasm_rt_funcref_table_t;
typedef struct {
  wasm_rt_externref_t *data;
  uint32_t size;
} wasm_rt_externref_table_t;

#endif
