/* What the files of this board know of each other. Nothing here checks what a core gives: hal.c does.
 * The role is a macro, ROLE_METER or ROLE_PANEL; times are microseconds since the timer started,
 * 32 bits, to be compared by difference. */

#ifndef METER39_BOARD_H
#define METER39_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "rp2040.h"

#if defined(ROLE_METER) == defined(ROLE_PANEL)
#error "define one of ROLE_METER, ROLE_PANEL"
#endif

#define CLK_SYS_HZ 125000000u

/* Interrupts off and on around a few instructions. */
static inline void interrupts_off(void) { __asm volatile("cpsid i" ::: "memory"); }
static inline void interrupts_on(void) { __asm volatile("cpsie i" ::: "memory"); }

/* clocks.c */
void blocks_reset(uint32_t blocks);   /* into reset; RESETS_ bits */
void blocks_release(uint32_t blocks); /* out of reset; waits until they are */
void clocks_start(void); /* before memory is cleared: has no data */

/* pins.c */
void pins_safe(void); /* before anything else, and at the end of a core: coils off, line released */
void pins_start(void);
void gpio_write(uint32_t gpio, bool level);
bool gpio_read(uint32_t gpio);
int32_t pin_gpio_in(int32_t pin);  /* GPIO of an input pin of hal.h; -1: not on this board */
int32_t pin_gpio_out(int32_t pin); /* of an output pin */

/* ticks.c */
void ticks_start(void); /* the present moment is tick 0 and time 0 of the core */
void ticks_skip(void);  /* those that are due by now do not take place */
void ticks_wait(void);  /* sleeps until a tick is due */
void ticks_pause(void); /* keeps the interrupt from the inputs' chain, for less than a tick */
void ticks_resume(void);
uint32_t ticks_ms(void);
uint32_t ticks_us(void);
static inline uint32_t timer_us(void) { return REGISTER(TIMER_RAWL); }

/* inputs.c; the meter's only. Samples are numbered as the ticks are. */
#define INPUTS_WAITING 24u           /* as many may wait; of more the oldest are lost */
#define PHASE_COUNT 3u
int32_t inputs_phase(uint32_t phase); /* this tick's; 0..PHASE_COUNT - 1 */
void inputs_sample(uint32_t number); /* takes it now; for the interrupt */
void inputs_show(uint32_t number);   /* to the core in this tick */
void inputs_load(bool level);        /* HAL_PIN_INPUT_LOAD */
void inputs_shift(uint8_t *bytes, uint32_t size); /* HAL_SPI_INPUTS */

/* spi.c; devices are those of hal.h. */
void spi_start(void);
bool spi_has(int32_t device);
void spi_exchange(int32_t device, uint8_t *bytes, uint32_t size);

/* uart.c; ports are those of hal.h. */
void uart_start(void);
bool uart_has(int32_t port);
bool uart_is_open(int32_t port);
void uart_open(int32_t port, uint32_t baud, int32_t format);
int32_t uart_read(int32_t port, uint8_t *bytes, uint32_t capacity);
uint32_t uart_write(int32_t port, const uint8_t *bytes, uint32_t size);
uint32_t uart_idle_us(int32_t port);
void uart_age(void); /* at least every ten minutes: keeps long silences from wrapping */

/* i2c.c; the panel's only. */
void i2c_start(void);
int32_t i2c_exchange(uint32_t device, uint8_t *bytes, uint32_t writes, uint32_t reads);

/* adc.c; the meter's only. */
void adc_start(void);
int32_t adc_convert(uint32_t input); /* only in the timer's interrupt */

/* record.c: why the core ended, kept over the reset in the watchdog's scratch registers 0 to 3:
 * a mark, code and cause (code << 8 | cause), detail, place. */
typedef enum {
  CAUSE_CORE = 1,      /* fault(): its code and detail */
  CAUSE_TRAP = 2,      /* place: address of the engine's text in flash */
  CAUSE_OPEN = 3,      /* the core does not fit its image; place as above */
  CAUSE_HARD = 4,      /* HardFault: detail is LR, place PC */
  CAUSE_STACK = 5,     /* the guard below the stack was written */
  CAUSE_INTERRUPT = 6, /* an interrupt that nobody asked for; detail is its number */
  CAUSE_HARDWARE = 7,  /* a block of the chip did not answer; place: where */
} fault_cause;

void record_take(void); /* at start, before anything may fault */
int32_t record_boot_reason(void);
void record_fault(fault_cause cause, uint32_t code, uint32_t detail, uint32_t place)
    __attribute__((noreturn));
void watchdog_start(uint32_t window_us); /* at most 8 s; forgets what was wanted before */
void watchdog_feed(void);  /* the core wants it fed */
void watchdog_serve(void); /* feeds it, if so: a core that loops for ever may feed as often as it likes */

/* start.c */
void stack_check(void); /* ends the core when the guard below the stack was written */

#endif
