/* Checks, the FRAM and the records of two slots. SPEC.md, "Records"; MB85RS2MTA data sheet. */

#include "twin.h"

#include <string.h>

enum {
  OP_WRITE_ENABLE = 0x06,
  OP_READ = 0x03,
  OP_WRITE = 0x02,
  OP_READ_ID = 0x9f,
  COMMAND_SIZE = 4,
  SLOT_OVERHEAD = 8,
  WRITE_TRIES = 3,
};

books_of_box twin;
shared_memory shared __attribute__((aligned(8)));

record running_record = {0x400, sizeof(running_body), 0, &twin.running};
record relays_record = {0x440, sizeof(relays_body), 0, &twin.relays};
record events_record = {0x500, sizeof(events_head_body), 0, &twin.events};
record account_records[CHANNEL_COUNT];
record book_records[CHANNEL_COUNT];
record demand_records[CHANNEL_COUNT];
record switch_records[CHANNEL_COUNT];

_Static_assert(sizeof(box_settings_body) == 132 && sizeof(channels_body) == 160, "SPEC.md");
_Static_assert(sizeof(events_head_body) == 156 && sizeof(limits_body) == 24, "SPEC.md");
_Static_assert(sizeof(account_body) == 48 && sizeof(book_body) == 40, "SPEC.md");
_Static_assert(sizeof(demand_body) == 16 && sizeof(switch_body) == 32, "SPEC.md");

/* Polynomial 0x8005, reflected, four bits at a time as in the core. */
static const uint16_t CRC16_NIBBLES[] = {
    0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800, 0xe401,
    0xa001, 0x6c00, 0x7800, 0xb401, 0x5000, 0x9c01, 0x8801, 0x4400,
};

/* Polynomial 0x04c11db7, reflected, a byte at a time as in the core; filled by records_load(). */
static uint32_t crc32_table[256];

uint32_t crc16(const uint8_t *bytes, uint32_t size) {
  uint32_t crc = 0xffff;
  for (uint32_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    crc = (crc >> 4) ^ CRC16_NIBBLES[crc & 15];
    crc = (crc >> 4) ^ CRC16_NIBBLES[crc & 15];
  }
  return crc;
}

static void crc32_init(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    crc32_table[i] = crc;
  }
}

static inline uint32_t crc32_byte(uint32_t crc) { return (crc >> 8) ^ crc32_table[crc & 0xff]; }

/* `count` words. */
static uint32_t crc32_on(uint32_t crc, const uint32_t *words, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    crc = crc32_byte(crc32_byte(crc32_byte(crc32_byte(crc ^ words[i]))));
  }
  return crc;
}

/* CRC-32 over the place's address and `size` bytes, whole words. */
static uint32_t placed_crc(uint32_t address, const void *bytes, uint32_t size) {
  uint32_t crc = crc32_on(~(uint32_t)0, &address, 1);
  return ~crc32_on(crc, bytes, size / sizeof crc);
}

static void transfer(uint8_t op, uint32_t address, uint32_t size) {
  require(size <= sizeof shared.data && address + size <= 0x40000);
  shared.command[0] = op;
  shared.command[1] = (uint8_t)(address >> 16);
  shared.command[2] = (uint8_t)(address >> 8);
  shared.command[3] = (uint8_t)address;
  hal_spi(HAL_SPI_FRAM, shared_address(shared.command), (int32_t)(COMMAND_SIZE + size));
}

void fram_read(uint32_t address, uint32_t size) { transfer(OP_READ, address, size); }

static void fram_write(uint32_t address, uint32_t size) {
  shared.command[0] = OP_WRITE_ENABLE;
  hal_spi(HAL_SPI_FRAM, shared_address(shared.command), 1);
  transfer(OP_WRITE, address, size);
}

void entry_write(uint32_t address, uint8_t *entry, uint32_t size) {
  uint32_t crc = placed_crc(address, entry, size - sizeof crc);
  memcpy(entry + size - sizeof crc, &crc, sizeof crc);
  for (int tries = 0; tries < WRITE_TRIES; tries++) {
    memcpy(shared.data, entry, size);
    fram_write(address, size);
    fram_read(address, size);
    if (memcmp(shared.data, entry, size) == 0) return;
  }
  guest_trap("the memory takes nothing");
}

static uint32_t *word_at(uint32_t offset) { return (uint32_t *)(void *)(shared.data + offset); }

/* Writes a slot and reads it back; true when it stands there. */
static bool write_slot(uint32_t place, const record *of, uint32_t sequence) {
  uint32_t crc_at = 4 + of->size;
  *word_at(0) = sequence;
  memcpy(shared.data + 4, of->body, of->size);
  uint32_t crc = placed_crc(of->address, shared.data, crc_at);
  *word_at(crc_at) = crc;
  fram_write(place, of->size + SLOT_OVERHEAD);
  fram_read(place, of->size + SLOT_OVERHEAD);
  if (*word_at(0) != sequence || *word_at(crc_at) != crc) return false;
  return memcmp(shared.data + 4, of->body, of->size) == 0;
}

void record_save(record *of) {
  uint32_t next = of->sequence == UINT32_MAX ? 2 : of->sequence + 1;
  uint32_t place = of->address + (next & 1) * (of->size + SLOT_OVERHEAD);
  int tries = 0;
  while (!write_slot(place, of, next)) require(++tries < WRITE_TRIES);
  of->sequence = next;
}

static void record_load(record *of) {
  of->sequence = 0;
  for (uint32_t slot = 0; slot < 2; slot++) {
    uint32_t crc_at = 4 + of->size;
    fram_read(of->address + slot * (of->size + SLOT_OVERHEAD), of->size + SLOT_OVERHEAD);
    uint32_t sequence = *word_at(0);
    if (sequence == 0 || (sequence & 1) != slot) continue;
    if (*word_at(crc_at) != placed_crc(of->address, shared.data, crc_at)) continue;
    if (of->sequence != 0 && (int32_t)(sequence - of->sequence) <= 0) continue;
    of->sequence = sequence;
    memcpy(of->body, shared.data + 4, of->size);
  }
  require(of->sequence != 0);
}

static void load_each(record *of, uint32_t address, uint32_t stride, void *bodies, uint32_t size) {
  for (uint32_t i = 0; i < CHANNEL_COUNT; i++) {
    of[i] = (record){address + i * stride, size, 0, (uint8_t *)bodies + i * size};
    record_load(&of[i]);
  }
}

void records_load(void) {
  crc32_init();
  static record limits[CHANNEL_COUNT];
  record identity = {0x40, sizeof(identity_body), 0, &twin.identity};
  record box = {0x100, sizeof(box_settings_body), 0, &twin.box};
  record channels = {0x280, sizeof(channels_body), 0, &twin.channels};
  record *const single[] = {
      &identity, &box, &channels, &running_record, &relays_record, &events_record,
  };
  for (unsigned i = 0; i < sizeof single / sizeof *single; i++) record_load(single[i]);
  load_each(limits, 0x800, 64, twin.limits, sizeof(limits_body));
  load_each(account_records, 0x1200, 128, twin.accounts, sizeof(account_body));
  load_each(book_records, 0x2600, 96, twin.books, sizeof(book_body));
  load_each(demand_records, 0x3500, 48, twin.demands, sizeof(demand_body));
  load_each(switch_records, 0x3d00, 80, twin.switches, sizeof(switch_body));
}
