/* The calibration socket: holds the household on display and repeats its pulses on two pins. */

#include "twin.h"

enum { SETTLE_SAMPLES = 20, PULSE_MAXIMUM_MS = 80, PULSE_MINIMUM_MS = 10, PINS = 2 };

static uint32_t settling;
static bool shorted;
static int household;

/* Repeaters of the forward and the reverse pin. */
static struct {
  uint32_t waiting;
  uint32_t level;
  uint32_t since_ms;
  uint32_t width_ms;
  uint32_t input_ms;
  uint32_t driven;
} repeaters[PINS];

static const int32_t PIN[PINS] = {HAL_PIN_SOCKET_FORWARD, HAL_PIN_SOCKET_REVERSE};

static void clear(uint32_t now_ms) {
  for (int i = 0; i < PINS; i++) {
    repeaters[i].waiting = 0;
    repeaters[i].level = 0;
    repeaters[i].since_ms = now_ms - PULSE_MAXIMUM_MS;
    repeaters[i].width_ms = PULSE_MAXIMUM_MS;
    repeaters[i].input_ms = now_ms - 2 * PULSE_MAXIMUM_MS;
  }
}

void socket_init(uint32_t now_ms) {
  settling = 0;
  shorted = false;
  household = 0;
  clear(now_ms);
  for (int i = 0; i < PINS; i++) {
    repeaters[i].driven = 0;
    hal_pin_write(PIN[i], 0);
  }
}

int held_household(void) { return household; }

static void verify(bool is_shorted, int displayed, uint32_t now_ms) {
  settling = is_shorted == shorted ? 0 : settling + 1;
  if (settling >= SETTLE_SAMPLES) {
    settling = 0;
    shorted = is_shorted;
  }
  if (!shorted && household != 0) {
    household = 0;
    clear(now_ms);
  } else if (shorted && household == 0 && displayed != 0) {
    household = displayed;
    clear(now_ms);
  }
}

static void add_pulses(int i, uint32_t pulses, uint32_t now_ms) {
  if (pulses == 0) return;
  uint32_t width_ms = pulses > 1 ? 0 : (now_ms - repeaters[i].input_ms) / 2;
  if (width_ms > PULSE_MAXIMUM_MS) width_ms = PULSE_MAXIMUM_MS;
  if (width_ms < PULSE_MINIMUM_MS) width_ms = PULSE_MINIMUM_MS;
  repeaters[i].width_ms = width_ms;
  repeaters[i].input_ms = now_ms;
  repeaters[i].waiting += pulses;
}

static uint32_t level_of(int i, uint32_t now_ms) {
  uint32_t elapsed_ms = now_ms - repeaters[i].since_ms;
  if (repeaters[i].level != 0) {
    if (elapsed_ms >= repeaters[i].width_ms) {
      repeaters[i].level = 0;
      repeaters[i].since_ms = now_ms;
    }
  } else if (repeaters[i].waiting != 0 && elapsed_ms >= PULSE_MINIMUM_MS) {
    repeaters[i].waiting--;
    repeaters[i].level = 1;
    repeaters[i].since_ms = now_ms;
  }
  return repeaters[i].level;
}

void socket_tick(int displayed, uint32_t now_ms) {
  verify(hal_pin_read(HAL_PIN_SOCKET_VERIFY) == 0, displayed, now_ms);
  if (household != 0) {
    uint64_t channels = account_channels(household - 1);
    for (int i = 0; i < PINS; i++) add_pulses(i, input_pulses(channels, i == 1), now_ms);
  } else if ((repeaters[0].driven | repeaters[1].driven) == 0) {
    return;
  }
  for (int i = 0; i < PINS; i++) {
    uint32_t level = level_of(i, now_ms);
    if (level != repeaters[i].driven) hal_pin_write(PIN[i], (int32_t)level);
    repeaters[i].driven = level;
  }
}
