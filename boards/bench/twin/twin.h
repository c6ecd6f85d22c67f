/* The meter's tick written by hand in C, as a measure for what engines cost: same inputs, same
 * records, same calls. Written from src/metering/SPEC.md, boards/HAL.md and the core's behaviour, in
 * the way a C program would be: structures, memcpy, one pass. It covers what a tick does by itself -
 * sampling, counting, charging, states, events, demands, relays, socket, voltages - and of the link
 * only a POLL without households and without a trusted clock. Everything else traps: it is a measure,
 * no firmware. It starts only from a memory in service. */

#ifndef METER39_BENCH_TWIN_H
#define METER39_BENCH_TWIN_H

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"

enum { CHANNEL_COUNT = 39, PHASE_COUNT = 3, SPI_BUFFER = 328, CHAIN_SIZE = 10, FRAME_MAX = 134 };

/* Ids of settings, SPEC.md, "Settings". */
enum {
  SETTING_ACCOUNT_MODE = 2,
  SETTING_PRICE = 3,
  SETTING_REVERSE_COUNTS = 4,
  SETTING_BASIC_CURRENT = 5,
  SETTING_COIL_PULSE = 6,
  SETTING_COIL_REST = 7,
  SETTING_REFRESH_PERIOD = 8,
  SETTING_CLOSE_SPREAD = 9,
  SETTING_PROMPT_DURATION = 10,
  SETTING_DECIMALS = 11,
};

enum {
  EVENT_STARTED = 1,
  EVENT_POWER_LOST = 2,
  EVENT_STATE = 3,
  EVENT_PHASE_LOST = 8,
  EVENT_PHASE_BACK = 9,
  EVENT_RELAY_ENERGY = 10,
  EVENT_PANEL_LOST = 11,
  EVENT_PANEL_BACK = 12,
  EVENT_OPENED = 25,
  EVENT_CLOSED = 26,
};

/* Bodies of records; SPEC.md, "Records". */
typedef struct {
  uint8_t number[5];
  uint8_t provisioned;
  uint8_t rest[26];
} identity_body;

typedef struct {
  uint32_t last_number;
  uint32_t values[32];
} box_settings_body;

typedef struct {
  uint32_t last_number;
  struct {
    uint16_t constant;
    uint8_t phase;
    uint8_t household;
  } entries[CHANNEL_COUNT];
} channels_body;

typedef struct {
  uint32_t running_s;
  uint32_t clock;
  uint32_t starts;
  uint32_t spare;
} running_body;

typedef struct {
  uint64_t closed;
  uint8_t moving;
  uint8_t spare[7];
} relays_body;

typedef struct {
  uint32_t next;
  uint32_t counts[32];
  uint32_t phase_counts[PHASE_COUNT];
  uint32_t phase_missing_s[PHASE_COUNT];
} events_head_body;

typedef struct {
  uint32_t last_number;
  uint32_t alarm_level;
  uint32_t trip_level;
  uint32_t overdraft;
  uint32_t hoarding_limit;
  uint32_t spare;
} limits_body;

typedef struct {
  int64_t accepted;
  uint32_t number;
  uint32_t last_amount;
  int32_t last_remaining;
  uint8_t resumed;
  uint8_t spare[3];
  uint8_t last_code[8];
  uint8_t card_uid[4];
  uint8_t card_bound;
  uint8_t spare_2;
  uint16_t relay_faults;
  uint8_t spare_3[8];
} account_body;

typedef struct {
  uint64_t forward_j;
  uint64_t reverse_j;
  int64_t charged;
  uint32_t last_pulse_s;
  uint16_t forward_remainder;
  uint16_t reverse_remainder;
  uint8_t held;
  uint8_t spare[7];
} book_body;

typedef struct {
  uint32_t maximum_w;
  uint32_t time;
  uint32_t spare[2];
} demand_body;

typedef struct {
  uint8_t command;
  uint8_t keep;
  uint8_t used;
  uint8_t last;
  uint32_t until_s;
  uint32_t expiry;
  uint32_t number;
  uint32_t opened;
  uint32_t closed_at;
  uint8_t last_code[8];
} switch_body;

/* A record in RAM: where it stands, its sequence number, its body. */
typedef struct {
  uint32_t address;
  uint32_t size;
  uint32_t sequence;
  void *body;
} record;

/* All of them. */
typedef struct {
  identity_body identity;
  box_settings_body box;
  channels_body channels;
  running_body running;
  relays_body relays;
  events_head_body events;
  limits_body limits[CHANNEL_COUNT];
  account_body accounts[CHANNEL_COUNT];
  book_body books[CHANNEL_COUNT];
  demand_body demands[CHANNEL_COUNT];
  switch_body switches[CHANNEL_COUNT];
} books_of_box;

extern books_of_box twin;

/* What the board may be given the address of. */
typedef struct {
  uint8_t before[4]; /* so that data is aligned to 8 */
  uint8_t command[4];
  uint8_t data[SPI_BUFFER - 8];
  uint8_t inputs[16];
  uint8_t coils[16];
  uint8_t received[256];
  uint8_t reply[FRAME_MAX + 2];
} shared_memory;

extern shared_memory shared;

static inline uint32_t shared_address(const void *buffer) {
  return (uint32_t)((const uint8_t *)buffer - (const uint8_t *)&shared);
}

static inline uint64_t bit_of(int index) { return (uint64_t)1 << index; }

static inline int lowest(uint64_t bits) { return __builtin_ctzll(bits); }

/* An invariant of the books: a broken one ends the core. */
static inline void require(bool holds) {
  if (!holds) guest_trap("broken invariant");
}

static inline uint32_t box_setting(int id) { return twin.box.values[id - 1]; }

static inline uint32_t running_s(void) { return twin.running.running_s; }

/* store.c */
uint32_t crc16(const uint8_t *bytes, uint32_t size);
void fram_read(uint32_t address, uint32_t size);
void entry_write(uint32_t address, uint8_t *entry, uint32_t size);
void record_save(record *of);
void records_load(void);
extern record running_record, relays_record, events_record;
extern record account_records[CHANNEL_COUNT], book_records[CHANNEL_COUNT];
extern record demand_records[CHANNEL_COUNT], switch_records[CHANNEL_COUNT];

/* events.c */
void events_init(void);
void note_event_at(uint32_t time, int kind, int household, uint32_t detail, int64_t value);
void note_event(int kind, int household, uint32_t detail, int64_t value);
bool events_tick(void);

/* account.c */
void accounts_init(uint32_t now_ms);
void accounts_tick(uint32_t now_ms);
void charge_household(int household_index, int64_t units);
int take_changed_household(void);
bool wants_supply(int household_index);
uint64_t account_channels(int household_index);
int64_t remaining_units(int household_index);
void count_relay_fault(int household_index);

/* books.c */
typedef struct {
  int pulses; /* 0 held back, 1 registered, 2 with the one held before */
  int64_t units;
  uint32_t energy_j;
  uint32_t spacing_ms;
} counted;

void books_init(uint32_t now_ms);
void books_tick(int channel_index, uint32_t now_ms);
counted count_pulse(int channel_index, bool reverse, bool charge, uint32_t now_ms);
void demand_init(void);
void demand_add(int household_index, uint32_t energy_j);
void demand_second(void);
bool demand_tick(void);
void power_pulse(int channel_index, bool reverse, uint32_t spacing_ms);

/* relays.c, schedule.c */
void relays_init(uint32_t now_ms);
void relays_configure(void);
void relays_want(uint64_t channels, bool closed, uint32_t now_ms);
int relays_energy(int channel_index, uint32_t now_ms);
bool relays_tick(uint32_t now_ms);
uint64_t relays_closed(void);
bool relays_refreshing(void);
void switching_init(void);
void switching_tick(int household_index);

/* inputs.c */
extern uint8_t pulse_counts[CHANNEL_COUNT];
extern uint64_t pulses_reversed;
void inputs_init(void);
uint64_t inputs_tick(uint32_t now_ms);
void inputs_latch(void);
uint32_t input_pulses(uint64_t channels, bool reverse);
uint64_t waiting_pulses(void);
bool take_pulse(int channel_index);
uint32_t phases_present(void);
void phase_sample(int phase, int sample, uint32_t now_ms);

/* socket.c */
void socket_init(uint32_t now_ms);
void socket_tick(int displayed, uint32_t now_ms);
int held_household(void);

/* link.c */
void link_init(uint32_t now_ms);
void link_tick(uint32_t now_ms);
uint32_t link_silent_ms(uint32_t now_ms);
int displayed_household(void);

#endif
