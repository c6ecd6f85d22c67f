/* WAMR's platform of a board without an operating system: memory comes from the pool that
 * engine_wamr.c gives, there is one thread, and nothing is printed. Which functions there have to be
 * say WAMR's headers platform_api_vmcore.h and platform_api_extension.h. */

#include "platform_api_extension.h"
#include "platform_api_vmcore.h"

#include "wasm_c_api.h"

int bh_platform_init(void) { return 0; }

void bh_platform_destroy(void) {}

/* The runtime is opened with a pool; nothing asks the system for memory. */
void *os_malloc(unsigned size) {
  (void)size;
  return NULL;
}

void *os_realloc(void *block, unsigned size) {
  (void)block;
  (void)size;
  return NULL;
}

void os_free(void *block) { (void)block; }

/* Linear memory. It has to be zeroed: the pool holds what was there before. */
void *os_mmap(void *hint, size_t size, int protection, int flags, os_file_handle file) {
  (void)hint;
  (void)protection;
  (void)flags;
  (void)file;
  if (size >= UINT32_MAX) return NULL;
  void *block = BH_MALLOC((unsigned)size);
  if (block != NULL) memset(block, 0, size);
  return block;
}

void os_munmap(void *block, size_t size) {
  (void)size;
  BH_FREE(block);
}

void *os_mremap(void *block, size_t old_size, size_t new_size) {
  return os_mremap_slow(block, old_size, new_size);
}

int os_mprotect(void *block, size_t size, int protection) {
  (void)block;
  (void)size;
  (void)protection;
  return 0;
}

void os_dcache_flush(void) {}

void os_icache_flush(void *start, size_t size) {
  (void)start;
  (void)size;
}

int os_printf(const char *format, ...) {
  (void)format;
  return 0;
}

int os_vprintf(const char *format, va_list values) {
  (void)format;
  (void)values;
  return 0;
}

int os_dumps_proc_mem_info(char *text, unsigned size) {
  (void)text;
  (void)size;
  return -1;
}

uint64 os_time_get_boot_us(void) { return 0; }

uint64 os_time_thread_cputime_us(void) { return 0; }

korp_tid os_self_thread(void) { return 0; }

/* NULL: not known. The board guards its stack. */
uint8 *os_thread_get_stack_boundary(void) { return NULL; }

void os_thread_jit_write_protect_np(bool enabled) { (void)enabled; }

int os_mutex_init(korp_mutex *mutex) {
  (void)mutex;
  return 0;
}

int os_mutex_destroy(korp_mutex *mutex) {
  (void)mutex;
  return 0;
}

int os_mutex_lock(korp_mutex *mutex) {
  (void)mutex;
  return 0;
}

int os_mutex_unlock(korp_mutex *mutex) {
  (void)mutex;
  return 0;
}

int os_cond_init(korp_cond *condition) {
  (void)condition;
  return 0;
}

int os_cond_destroy(korp_cond *condition) {
  (void)condition;
  return 0;
}

/* Of wasm_c_api.c, which is left out. */
void wasm_trap_delete(wasm_trap_t *trap) { (void)trap; }
