/* Prepaid accounts and the states of supply. SPEC.md, "ACCOUNT"; product sheet, feature 6. */

#include "twin.h"

enum { SUPPLIED, LOW, TRIPPED, EMPTY };

static uint64_t channels[CHANNEL_COUNT]; /* of each household */
static int64_t remaining[CHANNEL_COUNT];
static uint8_t state[CHANNEL_COUNT];
static uint32_t prompt_since_ms[CHANNEL_COUNT];
static uint64_t prompting;
static uint64_t changed;
static uint32_t tick_ms;

static int64_t units_per_hundredth(void) {
  return box_setting(SETTING_ACCOUNT_MODE) != 0 ? 360000000 : 36000;
}

uint64_t account_channels(int household_index) { return channels[household_index]; }

int64_t remaining_units(int household_index) { return remaining[household_index]; }

static int64_t charged_units(int household_index) {
  int64_t charged = 0;
  for (uint64_t rest = channels[household_index]; rest != 0; rest &= rest - 1) {
    charged += twin.books[lowest(rest)].charged;
  }
  return charged;
}

static uint8_t judge(int index) {
  const limits_body *limits = &twin.limits[index];
  int64_t unit = units_per_hundredth();
  int64_t left = remaining[index];
  int64_t trip = limits->trip_level * unit;
  if (left <= -(limits->overdraft * unit)) return EMPTY;
  if (left <= trip && twin.accounts[index].resumed == 0) return TRIPPED;
  return left <= limits->alarm_level * unit || left <= trip ? LOW : SUPPLIED;
}

void accounts_init(uint32_t now_ms) {
  tick_ms = now_ms;
  prompting = 0;
  changed = 0;
  for (int i = 0; i < CHANNEL_COUNT; i++) channels[i] = 0;
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    int household = twin.channels.entries[i].household;
    if (household != 0) channels[household - 1] |= bit_of(i);
  }
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    remaining[i] = twin.accounts[i].accepted - charged_units(i);
    if (channels[i] != 0) changed |= bit_of(i);
    state[i] = judge(i);
  }
}

void accounts_tick(uint32_t now_ms) {
  tick_ms = now_ms;
  if (prompting == 0) return;
  uint32_t duration_ms = box_setting(SETTING_PROMPT_DURATION) * 1000;
  for (uint64_t rest = prompting; rest != 0; rest &= rest - 1) {
    int index = lowest(rest);
    if (now_ms - prompt_since_ms[index] < duration_ms) continue;
    prompting &= ~bit_of(index);
    changed |= bit_of(index);
  }
}

bool wants_supply(int household_index) {
  if (twin.switches[household_index].keep == 1) return true;
  if (twin.switches[household_index].command != 0) return false;
  if (state[household_index] > LOW) return false;
  return (prompting & bit_of(household_index)) == 0;
}

int take_changed_household(void) {
  if (changed == 0) return -1;
  int index = lowest(changed);
  changed &= changed - 1;
  return index;
}

void charge_household(int index, int64_t units) {
  remaining[index] -= units;
  require(twin.accounts[index].accepted == charged_units(index) + remaining[index]);
  uint8_t before = state[index];
  uint8_t after = judge(index);
  if (after == before) return;
  require(after > before);
  note_event(EVENT_STATE, index + 1, before, after);
  state[index] = after;
  changed |= bit_of(index);
  prompting &= ~bit_of(index);
  if (box_setting(SETTING_PROMPT_DURATION) == 0 || after != LOW) return;
  prompting |= bit_of(index);
  prompt_since_ms[index] = tick_ms;
}

void count_relay_fault(int household_index) {
  twin.accounts[household_index].relay_faults++;
  record_save(&account_records[household_index]);
}
