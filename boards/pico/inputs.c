/* The meter's 74HC165 chain. The timer's interrupt samples it once a millisecond, whatever the core is
 * doing, and the samples wait for the tick that each belongs to: a long tick delays counting but loses
 * nothing. A core that asks in init(), or twice in a tick, is given the levels of that moment. */

#include "board.h"

#ifdef ROLE_METER

#include <string.h>

#include "hal.h"
#include "pins.h"

#define SAMPLE_SIZE 10u

static uint8_t samples[INPUTS_WAITING][SAMPLE_SIZE];
static uint8_t shown[SAMPLE_SIZE]; /* what the core shifts out */
static uint32_t shifted;           /* bytes of it that are out */
static bool is_kept;               /* `shown` is this tick's sample, and the core did not ask for it yet */
static bool is_loading;

static void sample(uint8_t *bytes) {
  gpio_write(GPIO_INPUT_LOAD, false);
  gpio_write(GPIO_INPUT_LOAD, true);
  spi_exchange(HAL_SPI_INPUTS, bytes, SAMPLE_SIZE);
}

void inputs_sample(uint32_t number) { sample(samples[number % INPUTS_WAITING]); }

void inputs_show(uint32_t number) {
  memcpy(shown, samples[number % INPUTS_WAITING], SAMPLE_SIZE);
  is_kept = true;
}

void inputs_load(bool level) {
  if (level && is_loading) {
    shifted = 0;
    if (!is_kept) {
      ticks_pause();
      sample(shown);
      ticks_resume();
    }
    is_kept = false;
  }
  is_loading = !level;
}

/* Behind the last chip comes ground. */
void inputs_shift(uint8_t *bytes, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) bytes[i] = shifted < SAMPLE_SIZE ? shown[shifted++] : 0;
}

#endif
