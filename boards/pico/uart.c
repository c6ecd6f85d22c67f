/* UART0, the link, and UART1, the panel's RS485 line. Interrupts move single characters between the
 * registers and rings (the FIFOs are off, so that each character tells when it ended), and alarm 1 of
 * the timer lets go of the line after the last stop bit. RP2040 data sheet, sect. 4.2. */

#include "board.h"
#include "hal.h"
#include "pins.h"

#define RING_SIZE 256u /* HAL.md, both directions; a power of two */
/* Characters queued with interrupts off, 3 us: the other port must not wait longer for them. */
#define PIECE_SIZE 16u
#define IDLE_LIMIT_US 0x7fffffffu
/* A last character may end after "now": the receiver has it before its stop bits are over. */
#define STOP_BITS_LIMIT_US 10000u

/* Places count up without end; their difference is what is in the ring. One side writes each. */
typedef struct {
  uint8_t bytes[RING_SIZE];
  volatile uint16_t in;
  volatile uint16_t out;
} ring;

typedef struct {
  uint32_t block; /* 0: not open yet */
  ring received;
  ring sent;
  volatile bool lost;
  volatile uint32_t last_us; /* end of the last character */
  uint32_t bit_us;           /* rounded up */
  uint32_t character_us;     /* rounded up */
  uint32_t tail_us;          /* from the interrupt to the end of the character */
} uart_port;

typedef struct {
  uint32_t block;
  uint32_t reset;
  uint32_t irq;
} uart_wires;

static const uart_wires WIRED[] = {
    [HAL_UART_LINK] = {UART0, RESETS_UART0, IRQ_UART0},
#ifdef ROLE_PANEL
    [HAL_UART_LINE] = {UART1, RESETS_UART1, IRQ_UART1},
#endif
};

#define PORT_COUNT ((int32_t)(sizeof(WIRED) / sizeof(WIRED[0])))

static uart_port ports[PORT_COUNT];

static uint32_t ring_count(const ring *ring) { return (uint16_t)(ring->in - ring->out); }

static void ring_put(ring *ring, uint8_t byte) {
  ring->bytes[ring->in % RING_SIZE] = byte;
  ring->in++;
}

static uint8_t ring_take(ring *ring) {
  uint8_t byte = ring->bytes[ring->out % RING_SIZE];
  ring->out++;
  return byte;
}

/* The row of characters on the line that is under way: HAL.md, uart ports. */
static struct {
  volatile bool under_way;
  bool cut;
  uint32_t characters;
} row;

static bool is_line(const uart_port *port) { return port == &ports[0] + HAL_UART_LINE; }

/* Characters that wait to go out or are on their way. Without FIFO the transmitter holds one and
 * shifts one. */
static uint32_t pending(const uart_port *port) {
  uint32_t flags = REGISTER(port->block + UART_FR);
  uint32_t held = (flags & UART_FR_TXFF) != 0 ? 1 : 0;
  uint32_t shifted = (flags & UART_FR_BUSY) != 0 ? 1 : 0;
  return ring_count(&port->sent) + held + shifted;
}

static void pump(uart_port *port) {
  while (ring_count(&port->sent) > 0 && (REGISTER(port->block + UART_FR) & UART_FR_TXFF) == 0) {
    REGISTER(port->block + UART_DR) = ring_take(&port->sent);
  }
}

static void receive(uart_port *port) {
  uint32_t data = REGISTER(port->block + UART_DR);
  if (is_line(port) && row.under_way) return; /* also if the receiver cannot be turned off */
  port->last_us = timer_us() + port->tail_us;
  if ((data & UART_DR_WRONG) != 0 || ring_count(&port->received) == RING_SIZE) {
    port->lost = true;
  } else {
    ring_put(&port->received, (uint8_t)data);
  }
}

static void serve(uart_port *port) {
  uint32_t status = REGISTER(port->block + UART_RIS);
  REGISTER(port->block + UART_ICR) = status & (UART_INT_TX | UART_INT_OE);
  if ((status & UART_INT_OE) != 0) port->lost = true;
  while ((REGISTER(port->block + UART_FR) & UART_FR_RXFE) == 0) receive(port);
  pump(port);
}

void irq_uart0(void) { serve(&ports[HAL_UART_LINK]); }

#ifdef ROLE_PANEL
void irq_uart1(void) { serve(&ports[HAL_UART_LINE]); }
#endif

#ifdef ROLE_PANEL
static void row_alarm(uint32_t delay_us) { REGISTER(TIMER_ALARM1) = timer_us() + delay_us; }

static void row_start(const uart_port *port) {
  row.under_way = true;
  row.characters = 0;
  gpio_write(GPIO_LINE_DRIVE, true);
  row_alarm(port->character_us);
}

static void row_end(void) {
  gpio_write(GPIO_LINE_DRIVE, false);
  row.under_way = false;
}

/* Looks again after the last character but one, and from then on once a bit. A row is as long as
 * uart_write let it become, so that this ends whatever the core does. */
void irq_timer1(void) {
  const uart_port *port = &ports[HAL_UART_LINE];
  REGISTER(TIMER_INTR) = 1u << 1;
  uint32_t left = pending(port);
  if (left == 0) row_end();
  else row_alarm(left == 1 ? port->bit_us : (left - 1) * port->character_us);
}

/* How many of `size` characters the guard lets pass; the rest is taken and goes nowhere. */
static uint32_t row_allow(const uart_port *port, uint32_t size) {
  if (!row.under_way) row_start(port);
  uint32_t allowed = HAL_LINE_GUARD_CHARACTERS - row.characters;
  if (size > allowed) row.cut = true;
  else allowed = size;
  row.characters += allowed;
  return allowed;
}
#else
/* The meter has no line, and nobody sets this alarm. */
void irq_timer1(void) { REGISTER(TIMER_INTR) = 1u << 1; }
#endif

void uart_start(void) {
  SET_BITS(TIMER_INTE, 1u << 1);
  REGISTER(NVIC_ISER) = 1u << IRQ_TIMER1;
}

bool uart_has(int32_t port) { return port >= 0 && port < PORT_COUNT; }

bool uart_is_open(int32_t port) { return uart_has(port) && ports[port].block != 0; }

static uint32_t line_control(int32_t format) {
  if (format == HAL_FORMAT_8E1) return UART_LCR_8 | UART_LCR_PEN | UART_LCR_EPS;
  return format == HAL_FORMAT_8N2 ? UART_LCR_8 | UART_LCR_STP2 : UART_LCR_8;
}

static void set_times(uart_port *port, uint32_t baud, int32_t format) {
  uint32_t bits = format == HAL_FORMAT_8N1 ? 10 : 11;
  uint32_t tail_half_bits = format == HAL_FORMAT_8N2 ? 3 : 1; /* one stop bit is looked at, halfway */
  port->bit_us = (1000000u + baud - 1) / baud;
  port->character_us = (bits * 1000000u + baud - 1) / baud;
  port->tail_us = tail_half_bits * 500000u / baud;
}

#ifdef ROLE_PANEL
static void row_forget(void) {
  REGISTER(TIMER_ARMED) = 1u << 1; /* disarms */
  row_end();
  row.cut = false;
}
#endif

/* Divisor in 64ths, rounded; LCR_H comes last, it takes both over. */
static void block_start(uint32_t block, uint32_t baud, int32_t format) {
  uint32_t divisor = (CLK_SYS_HZ * 4 + baud / 2) / baud;
  REGISTER(block + UART_IBRD) = divisor >> 6;
  REGISTER(block + UART_FBRD) = divisor & 63u;
  REGISTER(block + UART_LCR_H) = line_control(format);
  REGISTER(block + UART_IMSC) = UART_INT_RX | UART_INT_TX | UART_INT_OE;
  REGISTER(block + UART_CR) = UART_CR_ON;
}

/* The block is reset: so what is under way breaks off, and the transmitter rests at once. */
void uart_open(int32_t number, uint32_t baud, int32_t format) {
  uart_port *port = &ports[number];
  const uart_wires *wires = &WIRED[number];
  REGISTER(NVIC_ICER) = 1u << wires->irq;
  blocks_reset(wires->reset);
#ifdef ROLE_PANEL
  if (is_line(port)) row_forget();
#endif
  blocks_release(wires->reset);
  port->block = wires->block;
  port->received.in = port->received.out = 0;
  port->sent.in = port->sent.out = 0;
  port->lost = false;
  set_times(port, baud, format);
  block_start(port->block, baud, format);
  port->last_us = timer_us();
  REGISTER(NVIC_ICPR) = 1u << wires->irq;
  REGISTER(NVIC_ISER) = 1u << wires->irq;
}

int32_t uart_read(int32_t number, uint8_t *bytes, uint32_t capacity) {
  uart_port *port = &ports[number];
  if (port->lost) {
    port->lost = false;
    return HAL_UART_LOST;
  }
  uint32_t count = ring_count(&port->received);
  if (count > capacity) count = capacity;
  for (uint32_t i = 0; i < count; i++) bytes[i] = ring_take(&port->received);
  return (int32_t)count;
}

/* Queues a few characters; interrupts are off meanwhile. */
static void send_piece(uart_port *port, const uint8_t *bytes, uint32_t size) {
#ifdef ROLE_PANEL
  if (is_line(port)) size = row_allow(port, size);
#endif
  for (uint32_t i = 0; i < size; i++) ring_put(&port->sent, bytes[i]);
  pump(port);
}

uint32_t uart_write(int32_t number, const uint8_t *bytes, uint32_t size) {
  uart_port *port = &ports[number];
  interrupts_off();
  uint32_t room = RING_SIZE - pending(port);
  interrupts_on();
  if (is_line(port) && row.cut) return 0;
  uint32_t taken = size < room ? size : room;
  for (uint32_t done = 0; done < taken; done += PIECE_SIZE) {
    uint32_t left = taken - done;
    interrupts_off();
    send_piece(port, bytes + done, left < PIECE_SIZE ? left : PIECE_SIZE);
    interrupts_on();
  }
  return taken;
}

/* `now` less `last`, where `last` may be a little later. */
static uint32_t idle(uint32_t last_us) {
  uint32_t since_us = timer_us() - last_us;
  if (since_us > -STOP_BITS_LIMIT_US) return 0;
  return since_us > IDLE_LIMIT_US ? IDLE_LIMIT_US : since_us;
}

uint32_t uart_idle_us(int32_t number) { return idle(ports[number].last_us); }

void uart_age(void) {
  for (int32_t number = 0; number < PORT_COUNT; number++) {
    interrupts_off();
    uint32_t idle_us = idle(ports[number].last_us);
    if (idle_us == IDLE_LIMIT_US) ports[number].last_us = timer_us() - IDLE_LIMIT_US;
    interrupts_on();
  }
}
