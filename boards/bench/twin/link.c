/* The link to the panel, as far as a measure needs it: frames are received, checked and answered, and
 * a POLL without households is one. src/link/SPEC.md. */

#include "twin.h"

#include <string.h>

enum {
  START = 0xfb,
  OVERHEAD = 6,
  PAYLOAD = 4,
  GAP_US = 5000,
  BAUD = 115200,
  KIND_POLL = 1,
  POLL_SIZE = 8,
  POLL_REPLY_SIZE = 12,
  REPLY_BIT = 0x80,
  CHECKS_MAX = 8,
};

static uint32_t taken; /* bytes at the front of shared.received that are done with */
static uint32_t count;
static uint8_t request[FRAME_MAX];
static uint32_t request_size;
static uint32_t reply_size;
static uint32_t heard_ms;
static int displayed;
static bool restarted;

void link_init(uint32_t now_ms) {
  hal_uart_open(HAL_UART_LINK, BAUD, HAL_FORMAT_8N1);
  taken = count = request_size = reply_size = 0;
  heard_ms = now_ms;
  displayed = 0;
  restarted = true;
}

uint32_t link_silent_ms(uint32_t now_ms) { return now_ms - heard_ms; }

int displayed_household(void) { return displayed; }

/* True when bytes have come, or some wait. */
static bool receive(void) {
  if (taken > 0) {
    memmove(shared.received, shared.received + taken, count - taken);
    count -= taken;
    taken = 0;
  }
  uint32_t room = sizeof shared.received - count;
  int32_t size = 0;
  if (room > 0) {
    uint32_t tail = shared_address(shared.received + count);
    size = hal_uart_read(HAL_UART_LINK, tail, (int32_t)room);
  }
  if (size > 0) {
    count += (uint32_t)size;
    return true;
  }
  if (size == HAL_UART_LOST) {
    count = 0;
  } else if (count != 0 && hal_uart_idle_us(HAL_UART_LINK) > GAP_US) {
    taken = 1;
  }
  return taken != count;
}

/* Size of the frame at `start`: 0 more bytes are needed, -1 none is there. */
static int frame_at(const uint8_t *start, uint32_t have) {
  if (start[0] != START) return -1;
  if (have < 2) return 0;
  if (start[1] > FRAME_MAX - OVERHEAD) return -1;
  uint32_t size = start[1] + OVERHEAD;
  if (have < size) return 0;
  uint32_t crc = crc16(start + 1, size - 3);
  return (start[size - 2] | (uint32_t)start[size - 1] << 8) == crc ? (int)size : -1;
}

static const uint8_t *next_frame(void) {
  const uint8_t *found = NULL;
  for (int checks = 0; taken < count && checks < CHECKS_MAX && found == NULL;) {
    const uint8_t *start = shared.received + taken;
    int size = frame_at(start, count - taken);
    if (size == 0) break;
    if (*start == START) checks++;
    if (size > 0) found = start;
    taken += size > 0 ? (uint32_t)size : 1;
  }
  return found;
}

static void send(uint32_t payload_size) {
  shared.reply[0] = START;
  shared.reply[1] = (uint8_t)payload_size;
  shared.reply[2] = request[2];
  shared.reply[3] = request[3] | REPLY_BIT;
  uint32_t crc = crc16(shared.reply + 1, payload_size + 3);
  shared.reply[PAYLOAD + payload_size] = (uint8_t)crc;
  shared.reply[PAYLOAD + payload_size + 1] = (uint8_t)(crc >> 8);
  reply_size = payload_size + OVERHEAD;
  hal_uart_write(HAL_UART_LINK, shared_address(shared.reply), (int32_t)reply_size);
}

static void answer_poll(void) {
  const uint8_t *asked = request + PAYLOAD;
  uint8_t *reply = shared.reply + PAYLOAD;
  if ((asked[1] & 1) != 0 || asked[6] != 0) guest_trap("not in the twin");
  displayed = asked[0] > CHANNEL_COUNT ? 0 : asked[0];
  memset(reply, 0, FRAME_MAX - OVERHEAD);
  uint32_t status = twin.identity.provisioned == 1 ? 1 : 0;
  if (held_household() != 0) status |= 2;
  if (relays_refreshing()) status |= 4;
  if (box_setting(SETTING_ACCOUNT_MODE) == 1) status |= 8;
  if (box_setting(SETTING_DECIMALS) == 2) status |= 16;
  if (restarted) status |= 64;
  restarted = false;
  reply[0] = (uint8_t)status;
  reply[2] = (uint8_t)held_household();
  reply[3] = (uint8_t)phases_present();
  memcpy(reply + 4, &twin.events.next, 4);
  send(POLL_REPLY_SIZE);
}

void link_tick(uint32_t now_ms) {
  const uint8_t *frame = receive() ? next_frame() : NULL;
  if (frame == NULL || (frame[3] & REPLY_BIT) != 0) return;
  heard_ms = now_ms;
  uint32_t size = frame[1] + OVERHEAD;
  if (size == request_size && memcmp(frame, request, size) == 0) {
    if (reply_size > 0) {
      hal_uart_write(HAL_UART_LINK, shared_address(shared.reply), (int32_t)reply_size);
    }
    return;
  }
  memcpy(request, frame, size);
  request_size = size;
  reply_size = 0;
  if (request[3] != KIND_POLL || request[1] != POLL_SIZE) guest_trap("not in the twin");
  answer_poll();
}
