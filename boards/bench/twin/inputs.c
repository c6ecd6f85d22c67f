/* Inputs, debounced all at once, the pulses that wait to be counted, and the voltages. */

#include "twin.h"

enum {
  MID_SCALE = 2048,
  WINDOW_SAMPLES = 200,
  DV_PER_COUNT = 2,
  LOST_DV = 1320,
  BACK_DV = 1540,
  ALL_PRESENT = 7,
};

#define CHANNEL_MASK ((uint64_t)0x7fffffffff)

/* Vertical counters: a level is believed after four equal samples. */
static uint64_t level;
static uint64_t count0;
static uint64_t count1;

static uint64_t edges;
static uint64_t directions;
static uint64_t waiting;
static uint64_t waiting_reverse;
/* What a jig asks for: pulses of each channel since the start, and which was a reverse one last. */
uint8_t pulse_counts[CHANNEL_COUNT];
uint64_t pulses_reversed;
static int phase;

static struct {
  uint32_t squares;
  int32_t sum;
  uint32_t samples;
  uint32_t voltage_dv;
  uint32_t lost_since_s;
} phases[PHASE_COUNT];
static uint32_t present;

static int before;
static uint32_t before_ms;
static uint32_t first_us;
static uint32_t last_us;
static uint32_t crossings;
static uint32_t frequency_chz;

static uint64_t sample_inputs(void) {
  hal_pin_write(HAL_PIN_INPUT_LOAD, 0);
  hal_pin_write(HAL_PIN_INPUT_LOAD, 1);
  hal_spi(HAL_SPI_INPUTS, shared_address(shared.inputs), CHAIN_SIZE);
  uint64_t low = *(const uint64_t *)(const void *)shared.inputs;
  uint16_t high = *(const uint16_t *)(const void *)(shared.inputs + 8);
  directions = (low >> 40 | (uint64_t)high << 24) & CHANNEL_MASK;
  return low & CHANNEL_MASK;
}

void inputs_init(void) {
  waiting = waiting_reverse = edges = 0;
  phase = 0;
  level = sample_inputs();
  count0 = count1 = 0;
  present = ALL_PRESENT;
  before = 0;
  before_ms = 0;
  crossings = 0;
  for (int i = 0; i < PHASE_COUNT; i++) phases[i].squares = phases[i].samples = 0;
}

static uint64_t debounce(uint64_t sample) {
  uint64_t differs = sample ^ level;
  uint64_t turns = differs & count1 & count0;
  uint64_t counting = differs & ~turns;
  count1 = counting & (count1 ^ count0);
  count0 = counting & ~count0;
  level ^= turns;
  return turns & level;
}

static void count_edges(void) {
  pulses_reversed = (pulses_reversed & ~edges) | (directions & edges);
  for (uint64_t rest = edges; rest != 0; rest &= rest - 1) pulse_counts[lowest(rest)]++;
}

uint64_t inputs_tick(uint32_t now_ms) {
  edges = debounce(sample_inputs());
  if (edges != 0) count_edges();
  phase_sample(phase, hal_adc(HAL_ADC_PHASE_A + phase), now_ms);
  phase = phase + 1 == PHASE_COUNT ? 0 : phase + 1;
  return edges & waiting;
}

void inputs_latch(void) {
  if (edges == 0) return;
  require((waiting & edges) == 0);
  waiting |= edges;
  waiting_reverse = (waiting_reverse & ~edges) | (directions & edges);
}

uint32_t input_pulses(uint64_t channels, bool reverse) {
  if (edges == 0) return 0;
  return (uint32_t)__builtin_popcountll(edges & channels & (reverse ? directions : ~directions));
}

uint64_t waiting_pulses(void) { return waiting; }

bool take_pulse(int channel_index) {
  waiting &= ~bit_of(channel_index);
  return (waiting_reverse & bit_of(channel_index)) != 0;
}

uint32_t phases_present(void) { return present; }

static uint32_t square_root(uint32_t value) {
  uint32_t root = 0;
  for (uint32_t bit = 1u << 15; bit != 0; bit >>= 1) {
    uint32_t trial = root | bit;
    if (trial * trial <= value) root = trial;
  }
  return root;
}

static void judge_phase(int index) {
  uint32_t bit = 1u << index;
  uint32_t voltage_dv = phases[index].voltage_dv;
  if ((present & bit) != 0 && voltage_dv < LOST_DV) {
    present &= ~bit;
    phases[index].lost_since_s = running_s();
    note_event(EVENT_PHASE_LOST, 0, (uint32_t)index, voltage_dv);
  } else if ((present & bit) == 0 && voltage_dv >= BACK_DV) {
    present |= bit;
    note_event(EVENT_PHASE_BACK, 0, (uint32_t)index, running_s() - phases[index].lost_since_s);
  }
}

static void follow(int value, uint32_t now_ms) {
  if (before < 0 && value >= 0) {
    uint32_t part = (now_ms - before_ms) * 1000 * (uint32_t)-before;
    last_us = before_ms * 1000 + part / (uint32_t)(value - before);
    if (crossings == 0) first_us = last_us;
    crossings++;
  }
  before = value;
  before_ms = now_ms;
}

static void close_frequency(void) {
  frequency_chz = 0;
  if (crossings >= 2) {
    frequency_chz = (uint32_t)((uint64_t)(crossings - 1) * 100000000 / (last_us - first_us));
  }
  crossings = 0;
}

void phase_sample(int index, int sample, uint32_t now_ms) {
  int value = sample - MID_SCALE;
  phases[index].squares += (uint32_t)(value * value);
  phases[index].sum += value;
  phases[index].samples++;
  int reference = present == 0 ? 0 : __builtin_ctz(present);
  if (index == reference) follow(value, now_ms);
  if (phases[index].samples < WINDOW_SAMPLES) return;
  int32_t mean = phases[index].sum / WINDOW_SAMPLES;
  uint32_t mean_square = phases[index].squares / WINDOW_SAMPLES - (uint32_t)(mean * mean);
  phases[index].voltage_dv = square_root(mean_square * DV_PER_COUNT * DV_PER_COUNT);
  phases[index].squares = 0;
  phases[index].sum = 0;
  phases[index].samples = 0;
  judge_phase(index);
  if (index == reference) close_frequency();
}
