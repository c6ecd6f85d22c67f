/* Runs a core, or its twin, through a load and says what it did and how many instructions it took.
 * On the host: count LOAD [FRAM], where the memory's final contents go to FRAM. Lines of output:
 *   calibration N        instructions counted of a loop of 1,000,000; on the host 0
 *   ticks N all N        counted ticks and their instructions
 *   worst N at N         the longest of them and its number
 *   calls N fold X fram X   what was done (board.h) and the memory's final contents, folded
 * Exit code 0, 1 when the core trapped, 2 for a bad load. */

#include "board.h"
#include "engine.h"
#include "stopwatch.h"

#ifdef __arm__
#include "mps2/startup.h"
#else
#include <stdio.h>
#include <stdlib.h>
#endif

enum { CALIBRATION_TURNS = 500000 }; /* of two instructions */

#ifdef __arm__
static void say(const char *text) { host_write(text); }

static void calibrate(void) {
  uint32_t turns = CALIBRATION_TURNS;
  __asm volatile("1: subs %0, %0, #1\nbne 1b" : "+r"(turns) : : "cc");
}
#else
static void say(const char *text) { fputs(text, stdout); }

static void calibrate(void) {}
#endif

static void say_number(const char *before, uint64_t number, uint32_t base) {
  char digits[24];
  char *at = digits + sizeof digits;
  *--at = '\0';
  do {
    *--at = "0123456789abcdef"[number % base];
    number /= base;
  } while (number != 0);
  say(before);
  say(at);
}

static uint32_t fold_fram(void) {
  const uint8_t *bytes = bench_fram();
  uint32_t folded = 2166136261u;
  for (uint32_t i = 0; i < BENCH_FRAM_SIZE; i++) folded = (folded ^ bytes[i]) * 16777619u;
  return folded;
}

static int trapped(uint32_t tick) {
  say_number("trap at tick ", tick, 10);
  say(": ");
  say(engine_trap_reason());
  say("\n");
  return 1;
}

/* Runs the whole load; 0 or the exit code. */
static int run(void) {
  uint32_t counted = 0;
  uint32_t worst = 0;
  uint32_t worst_at = 0;
  uint64_t all = 0;
  if (!engine_open() || !engine_init()) return trapped(0);
  bench_fold();
  for (uint32_t tick = 0; tick < bench_load()->tick_count; tick++) {
    bench_next();
    stopwatch_take();
    stopwatch_go();
    bool returned = engine_tick();
    stopwatch_pause();
    uint32_t instructions = stopwatch_take();
    if (!returned) return trapped(tick);
    if (tick < bench_load()->count_from) continue;
    counted++;
    all += instructions;
    if (instructions <= worst) continue;
    worst = instructions;
    worst_at = tick;
  }
  say_number("ticks ", counted, 10);
  say_number(" all ", all, 10);
  say_number("\nworst ", worst, 10);
  say_number(" at ", worst_at, 10);
  say_number("\ncalls ", bench_calls(), 10);
  say_number(" fold ", bench_folded(), 16);
  say_number(" fram ", fold_fram(), 16);
  say("\n");
  return 0;
}

static int run_load(uint8_t *load) {
  if (!bench_take(load)) {
    say("no load\n");
    return 2;
  }
  stopwatch_init();
  stopwatch_go();
  calibrate();
  stopwatch_pause();
  say_number("calibration ", stopwatch_take(), 10);
  say("\n");
  return run();
}

#ifdef __arm__
int main(void) { return run_load((uint8_t *)BENCH_LOAD); }
#else
/* The whole file, or NULL. */
static uint8_t *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  uint8_t *bytes = size > (long)sizeof(bench_head) + BENCH_FRAM_SIZE ? malloc((size_t)size) : NULL;
  if (bytes != NULL && fread(bytes, 1, (size_t)size, file) != (size_t)size) bytes = NULL;
  fclose(file);
  return bytes;
}

int main(int count, char **arguments) {
  uint8_t *load = count >= 2 ? read_file(arguments[1]) : NULL;
  if (load == NULL) {
    fputs("usage: count LOAD [FRAM]\n", stderr);
    return 2;
  }
  int code = run_load(load);
  FILE *file = count >= 3 ? fopen(arguments[2], "wb") : NULL;
  if (file != NULL) {
    fwrite(bench_fram(), 1, BENCH_FRAM_SIZE, file);
    fclose(file);
  }
  return code;
}
#endif
