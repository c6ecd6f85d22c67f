/* Books of the channels: exact joules with remainders, the lone pulse held back (anti-creep), and the
 * demand of quarters of an hour. SPEC.md, "BOOK", "DEMAND". */

#include "twin.h"

enum {
  JOULES_PER_KWH = 3600000,
  HELD_FORWARD = 1,
  HELD_REVERSE = 2,
  HALF_START_MW_PER_A = 440,
  QUARTER_S = 900,
  QUARTER_TOLERANCE_S = 2,
};

static uint32_t last_pulse_ms[CHANNEL_COUNT];
static uint32_t window_ms[CHANNEL_COUNT];
static uint64_t flowing;

static uint32_t pulse_spacing_ms[CHANNEL_COUNT];
static uint64_t reversed;

static uint32_t quarter_j[CHANNEL_COUNT];
static uint32_t quarter;
static uint32_t quarter_since_s;
static int closing;
static uint32_t closing_s;

void books_init(uint32_t now_ms) {
  uint64_t half_start_uw = (uint64_t)box_setting(SETTING_BASIC_CURRENT) * HALF_START_MW_PER_A;
  uint64_t half_start_mw = half_start_uw / 1000;
  uint64_t kwh_mj = (uint64_t)JOULES_PER_KWH * 1000 * 1000; /* times 1000 for ms */
  flowing = 0;
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    uint64_t spacing_ms = kwh_mj / (twin.channels.entries[i].constant * half_start_mw);
    uint32_t elapsed_s = running_s() + 1 - twin.books[i].last_pulse_s;
    window_ms[i] = spacing_ms < INT32_MAX ? (uint32_t)spacing_ms : INT32_MAX;
    last_pulse_ms[i] = now_ms - elapsed_s * 1000;
    if (twin.books[i].last_pulse_s == 0 || elapsed_s > window_ms[i] / 1000) continue;
    flowing |= bit_of(i);
  }
}

void books_tick(int channel_index, uint32_t now_ms) {
  if (now_ms - last_pulse_ms[channel_index] > window_ms[channel_index]) {
    flowing &= ~bit_of(channel_index);
  }
}

/* Adds one pulse to a register and its remainder; returns the whole joules gained. */
static uint32_t add_pulse(uint64_t *energy_j, uint16_t *remainder, uint32_t constant) {
  uint32_t gained_j = JOULES_PER_KWH / constant;
  uint32_t fraction = *remainder + JOULES_PER_KWH % constant;
  if (fraction >= constant) {
    fraction -= constant;
    gained_j++;
  }
  *energy_j += gained_j;
  *remainder = (uint16_t)fraction;
  return gained_j;
}

static void register_pulse(int channel_index, bool reverse, counted *what) {
  book_body *book = &twin.books[channel_index];
  uint32_t constant = twin.channels.entries[channel_index].constant;
  uint32_t gained_j = reverse ? add_pulse(&book->reverse_j, &book->reverse_remainder, constant)
                              : add_pulse(&book->forward_j, &book->forward_remainder, constant);
  what->pulses++;
  what->energy_j += gained_j;
  if (reverse && box_setting(SETTING_REVERSE_COUNTS) == 0) return;
  what->units += (int64_t)gained_j * box_setting(SETTING_PRICE);
}

counted count_pulse(int channel_index, bool reverse, bool charge, uint32_t now_ms) {
  book_body *book = &twin.books[channel_index];
  uint32_t spacing_ms = now_ms - last_pulse_ms[channel_index];
  counted what = {.spacing_ms = spacing_ms};
  if ((flowing & bit_of(channel_index)) != 0 && spacing_ms <= window_ms[channel_index]) {
    if (book->held != 0) register_pulse(channel_index, book->held == HELD_REVERSE, &what);
    register_pulse(channel_index, reverse, &what);
    book->held = 0;
  } else {
    book->held = reverse ? HELD_REVERSE : HELD_FORWARD;
  }
  if (!charge) what.units = 0;
  book->charged += what.units;
  book->last_pulse_s = running_s() + 1;
  last_pulse_ms[channel_index] = now_ms;
  flowing |= bit_of(channel_index);
  record_save(&book_records[channel_index]);
  return what;
}

void power_pulse(int channel_index, bool reverse, uint32_t spacing_ms) {
  pulse_spacing_ms[channel_index] = spacing_ms;
  if (reverse) {
    reversed |= bit_of(channel_index);
  } else {
    reversed &= ~bit_of(channel_index);
  }
}

void demand_init(void) {
  quarter = UINT32_MAX;
  quarter_since_s = running_s();
  closing = 0;
  closing_s = 0;
  for (int i = 0; i < CHANNEL_COUNT; i++) quarter_j[i] = 0;
}

void demand_add(int household_index, uint32_t energy_j) { quarter_j[household_index] += energy_j; }

void demand_second(void) {
  uint32_t current = running_s() / QUARTER_S;
  if (current == quarter) return;
  uint32_t elapsed_s = running_s() - quarter_since_s;
  bool is_whole = elapsed_s - (QUARTER_S - QUARTER_TOLERANCE_S) <= 2 * QUARTER_TOLERANCE_S;
  closing_s = quarter != UINT32_MAX && is_whole ? elapsed_s : 0;
  closing = CHANNEL_COUNT;
  quarter = current;
  quarter_since_s = running_s();
}

bool demand_tick(void) {
  if (closing == 0) return false;
  closing--;
  uint32_t energy_j = quarter_j[closing];
  quarter_j[closing] = 0;
  if (closing_s == 0 || energy_j / closing_s <= twin.demands[closing].maximum_w) return true;
  twin.demands[closing].maximum_w = energy_j / closing_s;
  twin.demands[closing].time = 0;
  record_save(&demand_records[closing]);
  return true;
}
