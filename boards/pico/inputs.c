/* The meter's 74HC165 chain and its phases. The timer's interrupt samples them once a millisecond, whatever
 * the core is doing, and the samples wait for the tick that each belongs to: a long tick delays counting
 * but loses nothing, and voltages are those of a sine sampled evenly. A core that asks for inputs in
 * init(), or twice in a tick, is given the levels of that moment. */

#include "board.h"

#ifdef ROLE_METER

#include <string.h>

#include "hal.h"
#include "pins.h"

#define SAMPLE_SIZE 10u

static uint8_t samples[INPUTS_WAITING][SAMPLE_SIZE];
static uint16_t phase_samples[INPUTS_WAITING][PHASE_COUNT];
static uint32_t shown_place; /* of this tick's sample */
static uint8_t shown[SAMPLE_SIZE]; /* what the core shifts out */
static uint32_t shifted;           /* bytes of it that are out */
static bool is_kept;               /* `shown` is this tick's sample, and the core did not ask for it yet */
static bool is_loading;

static void sample(uint8_t *bytes) {
  gpio_write(GPIO_INPUT_LOAD, false);
  gpio_write(GPIO_INPUT_LOAD, true);
  spi_exchange(HAL_SPI_INPUTS, bytes, SAMPLE_SIZE);
}

void inputs_sample(uint32_t number) {
  uint32_t place = number % INPUTS_WAITING;
  sample(samples[place]);
  for (uint32_t i = 0; i < PHASE_COUNT; i++) phase_samples[place][i] = (uint16_t)adc_convert(i);
}

int32_t inputs_phase(uint32_t phase) { return phase_samples[shown_place][phase]; }

void inputs_show(uint32_t number) {
  shown_place = number % INPUTS_WAITING;
  memcpy(shown, samples[shown_place], SAMPLE_SIZE);
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
