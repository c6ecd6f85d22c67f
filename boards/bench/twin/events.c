/* The event ring: noted at once, written in two steps. SPEC.md, "EVENTS_HEAD", "Event entry". The
 * clock is never trusted here, so the time of a new event is 0. */

#include "twin.h"

enum { EVENTS_ADDRESS = 0x5000, EVENTS_COUNT = 640, QUEUE_COUNT = 64, ENTRY_SIZE = 24 };

typedef struct {
  uint32_t time;
  uint32_t running_s;
  uint8_t kind;
  uint8_t household;
  uint16_t detail;
  uint32_t value[2];
  uint32_t crc;
} event_entry;

_Static_assert(sizeof(event_entry) == ENTRY_SIZE, "SPEC.md");

static event_entry queue[QUEUE_COUNT];
static uint32_t noted;
static uint32_t written;
static bool is_entered; /* the entry of the next one stands, its head does not */
/* Kind and detail of the event in each place, for finding them. */
static uint8_t kinds[EVENTS_COUNT];
static uint8_t details[EVENTS_COUNT];

void events_init(void) {
  noted = written = 0;
  is_entered = false;
}

static void count_event(const event_entry *entry) {
  twin.events.counts[entry->kind]++;
  if (entry->kind == EVENT_PHASE_LOST) twin.events.phase_counts[entry->detail]++;
  if (entry->kind == EVENT_PHASE_BACK) {
    twin.events.phase_missing_s[entry->detail] += entry->value[0];
  }
}

bool events_tick(void) {
  if (noted == written) return false;
  event_entry *entry = &queue[written % QUEUE_COUNT];
  uint32_t place = twin.events.next % EVENTS_COUNT;
  is_entered = !is_entered;
  if (is_entered) {
    entry_write(EVENTS_ADDRESS + place * ENTRY_SIZE, (uint8_t *)entry, ENTRY_SIZE);
    return true;
  }
  count_event(entry);
  twin.events.next++;
  record_save(&events_record);
  kinds[place] = entry->kind;
  details[place] = (uint8_t)entry->detail;
  written++;
  return true;
}

void note_event_at(uint32_t time, int kind, int household, uint32_t detail, int64_t value) {
  while (noted - written == QUEUE_COUNT) events_tick();
  queue[noted++ % QUEUE_COUNT] = (event_entry){
      .time = time,
      .running_s = running_s(),
      .kind = (uint8_t)kind,
      .household = (uint8_t)household,
      .detail = (uint16_t)detail,
      .value = {(uint32_t)value, (uint32_t)((uint64_t)value >> 32)},
  };
}

void note_event(int kind, int household, uint32_t detail, int64_t value) {
  note_event_at(0, kind, household, detail, value);
}
