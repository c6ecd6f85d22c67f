/* Relays: coils, their record, supervision of open ones, and when a household's relays have moved.
 * Which is driven next is schedule.c's. SPEC.md, "RELAYS", "SWITCH"; HAL.md, coils. */

#include "schedule.h"

#include <string.h>

enum { REST, CLOSING, OPENING, COOLING };
enum { OPENED_LONG_AGO_MS = 5000, QUICK_ATTEMPTS = 5, SLOW_ATTEMPT_MS = 3600000 };

static int coil;
static uint32_t since_ms;
static bool changes_position;
static uint32_t pulse_ms;
static uint32_t rest_ms;

/* Supervision. */
static uint32_t driven_ms[CHANNEL_COUNT];
static uint32_t attempts[CHANNEL_COUNT];
static uint64_t pending;

static uint64_t standing; /* households whose relays were last found all closed */

static void shift_coils(void) {
  hal_spi(HAL_SPI_COILS, shared_address(shared.coils), CHAIN_SIZE);
}

static void coils_off(void) {
  hal_pin_write(HAL_PIN_COIL_OFF, 1);
  memset(shared.coils, 0, CHAIN_SIZE);
  shift_coils();
}

static void coils_drive(int channel_index, bool closing) {
  int output = channel_index * 2 + (closing ? 0 : 1);
  memset(shared.coils, 0, CHAIN_SIZE);
  shared.coils[output / 8] = (uint8_t)(1u << output % 8);
  hal_pin_write(HAL_PIN_COIL_OFF, 1);
  shift_coils();
  hal_pin_write(HAL_PIN_COIL_OFF, 0);
}

void relays_init(uint32_t now_ms) {
  coils_off();
  coil = COOLING;
  since_ms = now_ms;
  changes_position = false;
  schedule_init(twin.relays.closed, relays_record.sequence > 1, twin.relays.moving - 1, now_ms);
  pending = 0;
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    driven_ms[i] = now_ms;
    attempts[i] = 0;
  }
}

void relays_configure(void) {
  uint64_t used = 0;
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    if (twin.channels.entries[i].household != 0) used |= bit_of(i);
  }
  pulse_ms = box_setting(SETTING_COIL_PULSE);
  rest_ms = box_setting(SETTING_COIL_REST);
  schedule_configure(box_setting(SETTING_REFRESH_PERIOD) * 1000,
                     box_setting(SETTING_CLOSE_SPREAD) * 1000, used);
}

void relays_want(uint64_t channels, bool closed, uint32_t now_ms) {
  schedule_want(channels, closed, now_ms);
}

uint64_t relays_closed(void) { return schedule_closed(); }

bool relays_refreshing(void) { return schedule_refreshing(); }

int relays_energy(int channel_index, uint32_t now_ms) {
  if (!schedule_left_open(channel_index) || (pending & bit_of(channel_index)) != 0) return 0;
  bool is_slow = attempts[channel_index] >= QUICK_ATTEMPTS;
  uint32_t pause_ms = is_slow ? SLOW_ATTEMPT_MS : OPENED_LONG_AGO_MS;
  if (now_ms - driven_ms[channel_index] < pause_ms) return 0;
  pending |= bit_of(channel_index);
  return (int)++attempts[channel_index];
}

static void save_positions(int moving) {
  twin.relays.closed = schedule_closed();
  twin.relays.moving = (uint8_t)(moving + 1);
  record_save(&relays_record);
}

static void move_coil(int to, uint32_t now_ms) {
  coil = to;
  since_ms = now_ms;
}

static int take_again(uint32_t now_ms) {
  if (pending == 0) return NO_CHANNEL;
  int next = lowest(pending);
  pending &= pending - 1;
  driven_ms[next] = now_ms;
  return next;
}

static void start_next(uint32_t now_ms) {
  int channel_index = take_change(now_ms);
  changes_position = channel_index >= 0;
  if (changes_position) {
    pending &= ~bit_of(channel_index);
    driven_ms[channel_index] = now_ms;
    attempts[channel_index] = 0;
  } else {
    channel_index = take_again(now_ms);
    if (channel_index < 0) channel_index = take_refresh(now_ms);
    if (channel_index < 0) return;
  }
  bool closing = (schedule_closed() & bit_of(channel_index)) != 0;
  if (changes_position) save_positions(channel_index);
  move_coil(closing ? CLOSING : OPENING, now_ms);
  coils_drive(channel_index, closing);
}

static void end_pulse(uint32_t now_ms) {
  coils_off();
  move_coil(COOLING, now_ms);
  if (changes_position) save_positions(-1);
  changes_position = false;
}

bool relays_tick(uint32_t now_ms) {
  uint32_t elapsed_ms = now_ms - since_ms;
  if (coil == CLOSING || coil == OPENING) {
    if (elapsed_ms <= pulse_ms) return false;
    end_pulse(now_ms);
    return true;
  }
  if (coil == COOLING) {
    if (elapsed_ms <= rest_ms) return false;
    move_coil(REST, now_ms);
  }
  start_next(now_ms);
  return coil != REST;
}

void switching_init(void) {
  standing = 0;
  for (int i = 0; i < CHANNEL_COUNT; i++) {
    uint64_t driven = schedule_closed() & account_channels(i);
    bool is_between = driven != 0 && driven != account_channels(i);
    if (is_between ? !wants_supply(i) : driven != 0) standing |= bit_of(i);
  }
}

void switching_tick(int household_index) {
  switch_body *its_switch = &twin.switches[household_index];
  uint64_t channels = account_channels(household_index);
  bool was_closed = (standing & bit_of(household_index)) != 0;
  if (its_switch->command == 2 || its_switch->command == 3) guest_trap("not in the twin");
  if (channels == 0 || (schedule_closed() & channels) != (was_closed ? 0 : channels)) return;
  standing ^= bit_of(household_index);
  if (was_closed) {
    its_switch->opened = 0;
  } else {
    its_switch->closed_at = 0;
  }
  record_save(&switch_records[household_index]);
  note_event(was_closed ? EVENT_OPENED : EVENT_CLOSED, household_index + 1, 0,
             remaining_units(household_index));
}
