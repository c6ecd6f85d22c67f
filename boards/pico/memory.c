/* memset and memcpy by words: those of newlib-nano go byte by byte, which a start with 20 to 60 KiB to
 * clear feels. Numbers at odd places are left to the byte loops: this processor faults on them. */

#include <stddef.h>
#include <stdint.h>

/* Else the compiler finds these very functions in their loops, and calls them. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#define WORD sizeof(uint32_t)

void *memset(void *to, int value, size_t size);
void *memcpy(void *restrict to, const void *restrict from, size_t size);

void *memset(void *to, int value, size_t size) {
  uint8_t *bytes = to;
  uint8_t byte = (uint8_t)value;
  for (; size > 0 && (uintptr_t)bytes % WORD != 0; size--) *bytes++ = byte;
  uint32_t *words = (uint32_t *)(void *)bytes;
  uint32_t word = byte * 0x01010101u;
  for (; size >= WORD; size -= WORD) *words++ = word;
  bytes = (uint8_t *)words;
  for (; size > 0; size--) *bytes++ = byte;
  return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (((uintptr_t)target | (uintptr_t)source) % WORD == 0) {
    uint32_t *words = to;
    const uint32_t *sources = from;
    for (; size >= WORD; size -= WORD) *words++ = *sources++;
    target = (uint8_t *)words;
    source = (const uint8_t *)sources;
  }
  for (; size > 0; size--) *target++ = *source++;
  return to;
}
