/* A board for counting: hal.h without devices on a bus. What a core reads comes from a load (made by
 * load.ts), what it writes goes into a memory that answers as the FRAM does, and everything that it
 * does is folded into one number, so that two engines that did the same can be told. Time is that of
 * the load. It runs on the host and on QEMU's mps2-an386 (main.c). It does not restart a core. */

#ifndef METER39_BENCH_BOARD_H
#define METER39_BENCH_BOARD_H

#include <stdbool.h>
#include <stdint.h>

enum {
  BENCH_FRAM_SIZE = 0x40000,
  BENCH_MAGIC = 0x3933444c, /* "LD39" */
};

/* A load: this head, the FRAM's contents, a bench_tick for init() and `tick_count` of them for the
 * ticks, `link_size` bytes. */
typedef struct {
  uint32_t magic;
  uint32_t tick_count;
  uint32_t count_from; /* ticks before this one are run but not counted */
  uint32_t link_size;
} bench_head;

/* What one tick finds. */
typedef struct {
  uint8_t inputs[10];    /* as they come out of the chain */
  uint8_t sample[2];     /* of the converter, 0..4095, low byte first */
  uint8_t step_ms;       /* since the tick before */
  uint8_t socket_verify; /* level of the pin */
  uint8_t link_count;    /* bytes of the link that have come since the tick before */
  uint8_t spare;
} bench_tick;

/* Takes a load; false when it is none. The FRAM is changed in place. */
bool bench_take(uint8_t *load);

const bench_head *bench_load(void);

/* Contents of the FRAM. */
const uint8_t *bench_fram(void);

/* Goes on to the next tick. */
void bench_next(void);

/* Begins to fold calls; those of init() are not compared. */
void bench_fold(void);

/* Everything that the core did since then: the calls in their order with tick, numbers and the bytes
 * sent. Guest addresses, and what a read from the FRAM sends after its command, are left out. */
uint32_t bench_folded(void);

/* Calls since bench_fold(). */
uint32_t bench_calls(void);

#endif
