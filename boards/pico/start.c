/* Vector table, reset, HardFault, and the guard of the stack. The second-stage boot (boot2.S) jumps to
 * reset() with the stack pointer set. The stack lies at the low end of memory: it grows into its guard
 * and then out of memory, never into data. */

#include "board.h"

extern uint32_t stack_bottom[], stack_top[];
extern uint32_t data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_source[];

int main(void);
void irq_timer0(void);
void irq_timer1(void);
void irq_uart0(void);
void irq_uart1(void);
void reset(void) __attribute__((noreturn));
void hard_fault(void) __attribute__((naked));
void hard_fault_record(const uint32_t *frame) __attribute__((noreturn, used));

/* The stack is filled with it, so that a debugger sees how much was ever used. */
#define STACK_FILL 0x5ac3a55au
#define GUARD_WORDS 8u

/* What the processor pushes (ARMv6-M reference manual, B1.5.6). */
enum { FRAME_LR = 5, FRAME_PC = 6 };

void hard_fault_record(const uint32_t *frame) {
  bool has_frame = frame >= stack_bottom && frame + FRAME_PC < stack_top;
  if (!has_frame) record_fault(CAUSE_HARD, 0, 0, 0);
  record_fault(CAUSE_HARD, 0, frame[FRAME_LR], frame[FRAME_PC]);
}

/* What the interrupted code stacked is judged on a fresh stack: the old one may be the reason. */
void hard_fault(void) {
  __asm volatile(
      "mrs r0, msp\n"
      "ldr r1, =stack_top\n"
      "msr msp, r1\n"
      "ldr r1, =hard_fault_record\n"
      "bx r1\n"
      ".ltorg");
}

static void unexpected(void) {
  uint32_t number;
  __asm volatile("mrs %0, ipsr" : "=r"(number));
  record_fault(CAUSE_INTERRUPT, 0, number, 0);
}

void stack_check(void) {
  for (uint32_t i = 0; i < GUARD_WORDS; i++) {
    if (stack_bottom[i] != STACK_FILL) record_fault(CAUSE_STACK, 0, i, 0);
  }
}

/* Coils are off before anything else. Then the clocks: the ring oscillator's 6 MHz are slow for clearing
 * memory. Neither has data of its own. */
void reset(void) {
  pins_safe();
  clocks_start();
  uint32_t *here;
  __asm volatile("mov %0, sp" : "=r"(here));
  for (uint32_t *word = stack_bottom; word < here; word++) *word = STACK_FILL;
  const uint32_t *source = data_source;
  for (uint32_t *word = data_start; word < data_end; word++) *word = *source++;
  for (uint32_t *word = bss_start; word < bss_end; word++) *word = 0;
  main();
  record_fault(CAUSE_HARDWARE, 0, 0, 0); /* main() does not end */
}

/* Newlib's snprintf, which WAMR uses, names malloc; there is no heap, and malloc fails. */
void *_sbrk(int size);

void *_sbrk(int size) {
  (void)size;
  return (void *)-1;
}

typedef union {
  uint32_t *stack;
  void (*code)(void);
} vector;

#define EXCEPTION_COUNT 16

/* ARMv6-M reference manual, B1.5.3; interrupts from 16 on. 0x10000100 on the chip. */
__attribute__((section(".vectors"), used)) static const vector
    VECTORS[EXCEPTION_COUNT + IRQ_COUNT] = {
        [0] = {.stack = stack_top},
        [1] = {.code = reset},
        [2] = {.code = unexpected},
        [3] = {.code = hard_fault},
        [11] = {.code = unexpected},
        [14] = {.code = unexpected},
        [15] = {.code = unexpected},
        [EXCEPTION_COUNT + IRQ_TIMER0] = {.code = irq_timer0},
        [EXCEPTION_COUNT + IRQ_TIMER1] = {.code = irq_timer1},
        [EXCEPTION_COUNT + 2 ... EXCEPTION_COUNT + IRQ_UART0 - 1] = {.code = unexpected},
        [EXCEPTION_COUNT + IRQ_UART0] = {.code = irq_uart0},
#ifdef ROLE_PANEL
        [EXCEPTION_COUNT + IRQ_UART1] = {.code = irq_uart1},
#else
        [EXCEPTION_COUNT + IRQ_UART1] = {.code = unexpected},
#endif
        [EXCEPTION_COUNT + IRQ_UART1 + 1 ... EXCEPTION_COUNT + IRQ_COUNT - 1] =
            {.code = unexpected},
};
