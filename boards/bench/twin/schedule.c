/* Which relay is driven next: wanted changes in their order, closings after a start spread over a time,
 * then the refresh round. */

#include "schedule.h"

enum { START_WANTS_MS = 1000 };

static uint8_t firsts[CHANNEL_COUNT]; /* lowest channel of the same call */
static uint32_t tickets[CHANNEL_COUNT];
static uint64_t used;
static uint64_t closed;
static uint64_t wanted;
static uint64_t unsure;
static uint64_t queued;
static uint64_t waiting; /* closings that the spread holds back */
static uint32_t next_ticket;
static uint32_t started_ms;
static uint32_t close_spread_ms;
static uint32_t refresh_period_ms;
static uint32_t round_began_ms;
static uint64_t round_left;

static void queue(int channel_index) {
  tickets[channel_index] = next_ticket++;
  queued |= bit_of(channel_index);
}

void schedule_init(uint64_t is_closed, bool is_known, int interrupted, uint32_t now_ms) {
  closed = wanted = is_closed;
  unsure = is_known ? 0 : bit_of(CHANNEL_COUNT) - 1;
  used = queued = waiting = round_left = 0;
  next_ticket = 0;
  started_ms = round_began_ms = now_ms;
  if (interrupted < 0) return;
  unsure |= bit_of(interrupted);
  queue(interrupted);
}

void schedule_configure(uint32_t period_ms, uint32_t spread_ms, uint64_t new_used) {
  refresh_period_ms = period_ms;
  close_spread_ms = spread_ms;
  used = new_used;
  round_left &= used;
}

void schedule_want(uint64_t channels, bool is_closed, uint32_t now_ms) {
  wanted = is_closed ? wanted | channels : wanted & ~channels;
  uint64_t has_to_move = channels & ((wanted ^ closed) | unsure);
  waiting &= ~channels | (has_to_move & wanted);
  queued &= ~channels | has_to_move;
  bool is_spread = is_closed && now_ms - started_ms < START_WANTS_MS;
  for (uint64_t rest = has_to_move & ~(queued | waiting); rest != 0; rest &= rest - 1) {
    int index = lowest(rest);
    firsts[index] = (uint8_t)lowest(channels);
    if (is_spread) {
      waiting |= bit_of(index);
    } else {
      queue(index);
    }
  }
}

/* Queues the closings whose turn of the spread has come. */
static void release(uint32_t now_ms) {
  uint32_t first = (uint32_t)lowest(waiting);
  if (now_ms - started_ms < first * close_spread_ms / CHANNEL_COUNT) return;
  uint8_t call = firsts[first];
  for (uint64_t rest = waiting; rest != 0; rest &= rest - 1) {
    int index = lowest(rest);
    if (firsts[index] != call) continue;
    waiting &= ~bit_of(index);
    queue(index);
  }
}

int take_change(uint32_t now_ms) {
  if (waiting != 0) release(now_ms);
  if (queued == 0) return NO_CHANNEL;
  int next = lowest(queued);
  for (uint64_t rest = queued & (queued - 1); rest != 0; rest &= rest - 1) {
    int other = lowest(rest);
    if (next_ticket - tickets[other] > next_ticket - tickets[next]) next = other;
  }
  uint64_t mask = bit_of(next);
  queued &= ~mask;
  unsure &= ~mask;
  closed = (closed & ~mask) | (wanted & mask);
  return next;
}

int take_refresh(uint32_t now_ms) {
  if (round_left == 0) {
    if (now_ms - round_began_ms < refresh_period_ms) return NO_CHANNEL;
    round_began_ms = now_ms;
    round_left = used;
    if (round_left == 0) return NO_CHANNEL;
  }
  int next = lowest(round_left);
  round_left &= round_left - 1;
  return next;
}

bool schedule_left_open(int channel_index) {
  return ((closed | wanted) & bit_of(channel_index)) == 0;
}

uint64_t schedule_closed(void) { return closed; }

bool schedule_refreshing(void) { return round_left != 0; }
