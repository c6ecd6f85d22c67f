/* The tick of the twin behind the seam of engines (engine.h): the order of work of src/meter.ts. */

#include "twin.h"

#include <setjmp.h>

#include "engine.h"

enum { PANEL_LOST_MS = 3000, SECOND_MS = 1000, OK_BOOT_MASK = 0xff };

guest_memory guest;

static jmp_buf way_out;
static const char *trap_reason = "";

static int visited;
static int switched;
static uint32_t second_since_ms;
static uint32_t panel_lost_ms;
static bool panel_is_lost;

void guest_trap(const char *reason) {
  trap_reason = reason;
  longjmp(way_out, 1);
}

static void init(void) {
  uint32_t now_ms = hal_now_ms();
  int32_t boot_reason = hal_boot_reason();
  visited = 0;
  switched = 0;
  panel_lost_ms = 0;
  panel_is_lost = false;
  events_init();
  records_load();
  uint32_t seen_s = running_s();
  second_since_ms = now_ms;
  twin.running.starts++;
  books_init(now_ms);
  accounts_init(now_ms);
  demand_init();
  if (seen_s != 0 && (boot_reason & OK_BOOT_MASK) == HAL_BOOT_POWER) {
    note_event_at(twin.running.clock, EVENT_POWER_LOST, 0, 0, seen_s);
  }
  note_event(EVENT_STARTED, 0, twin.running.starts, boot_reason);
  link_init(now_ms);
  inputs_init();
  socket_init(now_ms);
  relays_init(now_ms);
  relays_configure();
  switching_init();
}

/* Counts one waiting pulse and all that follows from it. */
static void count(int channel_index, uint32_t now_ms) {
  bool reverse = take_pulse(channel_index);
  int household = twin.channels.entries[channel_index].household;
  counted what = count_pulse(channel_index, reverse, household != 0, now_ms);
  if (what.pulses == 0) return;
  power_pulse(channel_index, reverse, what.spacing_ms);
  int attempt = relays_energy(channel_index, now_ms);
  if (attempt != 0) note_event(EVENT_RELAY_ENERGY, household, (uint32_t)channel_index + 1, attempt);
  if (household == 0) return;
  if (attempt != 0) count_relay_fault(household - 1);
  demand_add(household - 1, what.energy_j);
  charge_household(household - 1, what.units);
}

static bool count_waiting(uint32_t now_ms) {
  uint64_t waiting = waiting_pulses();
  if (waiting == 0) return false;
  count(lowest(waiting), now_ms);
  return true;
}

static void watch_panel(uint32_t now_ms) {
  bool lost = link_silent_ms(now_ms) >= PANEL_LOST_MS;
  if (lost == panel_is_lost) return;
  panel_is_lost = lost;
  uint32_t silent_s = lost ? 0 : (now_ms - panel_lost_ms + PANEL_LOST_MS) / 1000;
  note_event(lost ? EVENT_PANEL_LOST : EVENT_PANEL_BACK, 0, 0, silent_s);
  panel_lost_ms = now_ms;
}

static void keep_time(uint32_t now_ms) {
  if (now_ms - second_since_ms >= SECOND_MS) {
    second_since_ms += SECOND_MS;
    twin.running.running_s++;
    twin.running.clock = 0;
    record_save(&running_record);
    demand_second();
  } else if (!events_tick() && !demand_tick()) {
    switching_tick(switched);
    switched = switched + 1 == CHANNEL_COUNT ? 0 : switched + 1;
  }
}

static void visit(uint32_t now_ms) {
  books_tick(visited, now_ms);
  if (++visited < CHANNEL_COUNT) return;
  visited = 0;
  watch_panel(now_ms);
  hal_watchdog();
}

static void tick(void) {
  uint32_t now_ms = hal_now_ms();
  uint64_t must = inputs_tick(now_ms);
  accounts_tick(now_ms);
  socket_tick(displayed_household(), now_ms);
  for (uint64_t rest = must; rest != 0; rest &= rest - 1) count(lowest(rest), now_ms);
  inputs_latch();
  link_tick(now_ms);
  int changed = take_changed_household();
  if (changed >= 0) relays_want(account_channels(changed), wants_supply(changed), now_ms);
  if (!relays_tick(now_ms) && !count_waiting(now_ms)) keep_time(now_ms);
  visit(now_ms);
}

static bool enter(void (*entry)(void)) {
  if (setjmp(way_out) != 0) return false;
  entry();
  return true;
}

bool engine_open(void) {
  guest.base = (uint8_t *)&shared;
  guest.size = sizeof shared;
  return true;
}

bool engine_init(void) { return enter(init); }

bool engine_tick(void) { return enter(tick); }

const char *engine_trap_reason(void) { return trap_reason; }

void engine_close(void) {}
