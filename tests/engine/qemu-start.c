/* Start of a program in QEMU's mps2-an386, a Cortex-M4: vectors, and, for ARMv6-M code, a fault at each
 * unaligned access as on a Cortex-M0+ (Armv7-M reference manual, CCR.UNALIGN_TRP). The rest is newlib's
 * semihosting start: arguments, files and the exit code are the host's. */

#include <stdint.h>
#include <stdlib.h>

#define CCR (*(volatile uint32_t *)0xe000ed14)
#define UNALIGN_TRP 8u

enum { FAULT_EXIT = 3 };

extern uint32_t stack_end;
void _start(void);

static void start(void) {
#ifdef __ARM_ARCH_6M__
  CCR |= UNALIGN_TRP;
#endif
  _start();
}

static void fault(void) { _Exit(FAULT_EXIT); }

__attribute__((section(".vectors"), used)) static const uintptr_t VECTORS[] = {
    (uintptr_t)&stack_end, (uintptr_t)start, (uintptr_t)fault, (uintptr_t)fault,
    (uintptr_t)fault,      (uintptr_t)fault, (uintptr_t)fault,
};
