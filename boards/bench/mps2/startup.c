/* Start-up for QEMU's mps2-an386 (Cortex-M4): vectors, variables, semihosting for the way out. Memory:
 * Arm AN386, "Memory map". The load stands at BENCH_LOAD, put there by QEMU's loader device. */

#include "startup.h"

#include <stdint.h>

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

extern uint32_t stack_top, data_from, data_begin, data_end, bss_begin, bss_end;
extern int main(void);
void *_sbrk(int size);

static int semihost(int operation, const void *argument) {
  register int r0 __asm("r0") = operation;
  register const void *r1 __asm("r1") = argument;
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

void host_write(const char *text) { semihost(SYS_WRITE0, text); }

void host_exit(int code) {
  uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)code};
  for (;;) semihost(SYS_EXIT_EXTENDED, block);
}

/* newlib names it where it formats numbers; nobody here allocates. */
void *_sbrk(int size) {
  (void)size;
  return (void *)-1;
}

static void reset(void) {
  for (uint32_t *to = &data_begin, *from = &data_from; to < &data_end;) *to++ = *from++;
  for (uint32_t *to = &bss_begin; to < &bss_end;) *to++ = 0;
  host_exit(main());
}

static void fault(void) {
  host_write("fault of the processor\n");
  host_exit(3);
}

__attribute__((section(".vectors"), used)) static const uintptr_t VECTORS[] = {
    (uintptr_t)&stack_top, (uintptr_t)reset, (uintptr_t)fault, (uintptr_t)fault,
    (uintptr_t)fault,      (uintptr_t)fault, (uintptr_t)fault,
};
