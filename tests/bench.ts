/** What an AssemblyScript suite works with: a virtual box (boards/virtual/bench.ts) around the core
 *  that the suite imports. The suite's core is one MCU; the other is its release build or not fitted,
 *  and then the suite can play it. Channels are 1..39, phases 0..2, times since bench_open.
 *  A declared function is imported from the module named like this file. */

/* eslint @typescript-eslint/naming-convention: off -- imports are named like the HAL's calls */

export const METER: i32 = 0;
export const PANEL: i32 = 1;
export const ABSENT: i32 = 0;
export const RELEASE: i32 = 1;
export const BLANK: i32 = 0;
export const KEEP: i32 = 1;

/** What the byte holds that was being written when power was cut. */
export const BYTE_OLD: i32 = 0;
export const BYTE_NEW: i32 = 1;
export const BYTE_GARBAGE: i32 = 2;

export const LINK_DROP: i32 = 1;
export const LINK_DOUBLE: i32 = 2;
export const LINK_CORRUPT: i32 = 3;

/** Kinds of card. All are made from 1024 bytes: a Classic's dump; of the others only the UID counts. */
export const CARD_CLASSIC: i32 = 0;
export const CARD_CLONE: i32 = 1; // answers SAK 88
export const CARD_MAGIC: i32 = 2; // gen1a, with a back door
export const CARD_COPY: i32 = 3; // gen2, block 0 writable
export const CARD_LONG_UID: i32 = 4; // 7 bytes of UID
export const CARD_CLASSIC_4K: i32 = 5; // SAK 18
export const CARD_ULTRALIGHT: i32 = 6; // SAK 00
export const CARD_ISO_DEP: i32 = 7; // SAK 20

/** What a torn write leaves in its block. */
export const TORN_OLD: i32 = 0;
export const TORN_NEW: i32 = 1;
export const TORN_ZEROS: i32 = 2;
export const TORN_ONES: i32 = 3;
export const TORN_MIXTURE: i32 = 4;
export const TORN_WEAK: i32 = 5; // bits that read differently each time

/** How the torn write goes on: the ACK comes nevertheless; it is lost; the card leaves. */
export const ACK_SENT: i32 = 0;
export const ACK_LOST: i32 = 1;
export const CARD_LEAVES: i32 = 2;

/** What happens to an answer on its way. */
export const ANSWER_LOST: i32 = 0;
export const ANSWER_PARITY: i32 = 1;
export const ANSWER_CRC: i32 = 2; // one bit changed, parity right
export const ANSWER_PROTOCOL: i32 = 3;
export const ANSWER_COLLISION: i32 = 4;
export const ANSWER_STRAY: i32 = 5; // only three bits of it
export const ANSWER_EMPTY: i32 = 6; // received, but nothing in it

export const READER_OK: i32 = 0;
export const READER_ABSENT_00: i32 = 1;
export const READER_ABSENT_FF: i32 = 2;
export const READER_STUCK: i32 = 3; // registers answer, its oscillator never starts

// Before bench_open: valid for all boxes opened later in this suite.

/** Seed of bounce and garbage; 1 unless set. */
export declare function bench_set_seed(seed: u32): void;

/** imp/kWh of a channel's front end; 1600 unless set. */
export declare function bench_set_constant(channel: i32, constant: i32): void;

/** Phase of a channel; in turn unless set. */
export declare function bench_set_channel_phase(channel: i32, phase: i32): void;

/** Position of all relays at bench_open; closed unless set. */
export declare function bench_set_relays(closed: bool): void;

/** Makes a box and powers it: `role` METER or PANEL is the suite's core, `partner` ABSENT or RELEASE.
 *  `fram` BLANK, or KEEP: the memory saved by bench_fram_save, else that of the box before. Then call
 *  init() of the core. */
export declare function bench_open(role: i32, partner: i32, fram: i32): void;

// Time and power.

/** Lets time pass to the next millisecond in which the core is due: one, or more after transfers of
 *  over 1 ms. Then call tick() of the core. */
export declare function bench_step(): void;

/** Lets time pass without the core: while power is off, or to starve it. */
export declare function bench_pass(ms: u32): void;

export declare function bench_now_ms(): u32;

/** False from an ordered cut on. */
export declare function bench_powered(): bool;

/** Powers the box up; then call init() of the core. */
export declare function bench_power_on(): void;

export declare function bench_power_off(): void;

/** Resets METER or PANEL; when it is the suite's core, call its init() then. */
export declare function bench_reset(role: i32): void;

/** Restarts of METER or PANEL since bench_open: faults, watchdog, reset. */
export declare function bench_restarts(role: i32): u32;

// Loads and mains.

/** Load of a channel, mW; negative: reverse flow. */
export declare function bench_set_load_mw(channel: i32, load_mw: i32): void;

/** Energy that really flowed, both directions added, J. */
export declare function bench_energy_fed_j(channel: i32): u64;

/** Pulses that the channel's front end has sent. */
export declare function bench_pulses(channel: i32): u32;

/** Longest bounce on both edges of a channel's pulses, us, 0..3000. */
export declare function bench_set_bounce_us(channel: i32, bounce_us: i32): void;

/** The pulse line takes its other level for `width_us`. */
export declare function bench_glitch(channel: i32, width_us: i32): void;

/** Sets the level of a pulse line directly (with no load on the channel). */
export declare function bench_pulse_input_raw(channel: i32, level: i32): void;

export declare function bench_direction_input_raw(channel: i32, level: i32): void;

export declare function bench_set_phase(phase: i32, present: bool): void;

export declare function bench_set_voltage_mv(phase: i32, voltage_mv: i32): void;

/** Frequency, 0.01 Hz, 4000..7000. */
export declare function bench_set_frequency_chz(frequency_chz: i32): void;

// Memory.

/** Power is lost after that many more written bytes (0: with the next byte; -1: not at all).
 *  `under_way` is a BYTE_. bench_powered() tells; the core's tick still runs to its end. */
export declare function bench_power_cut_after(bytes: i32, under_way: i32): void;

/** Bytes written since bench_open. */
export declare function bench_fram_written(): u32;

export declare function bench_fram_read(address: u32): u8;

/** Damages a byte of the memory. */
export declare function bench_fram_write(address: u32, value: u8): void;

/** Keeps a copy of the memory: bench_open(.., KEEP) starts from it until bench_fram_forget. */
export declare function bench_fram_save(): void;

export declare function bench_fram_forget(): void;

// Relays, tubes, socket, clock chip.

export declare function bench_relay_closed(channel: i32): bool;

/** Times the armature moved. */
export declare function bench_relay_operations(channel: i32): u32;

export declare function bench_relay_stick(channel: i32, stuck: bool): void;

/** The coil that is on: 0 none, channel: its close coil, -channel: its open coil. */
export declare function bench_coil(): i32;

/** Pulses that one coil got since bench_open. */
export declare function bench_coil_pulses(channel: i32, closes: bool): u32;

/** Lit segments: 0..3 upper row, 4..9 lower row, 10 lamps; bit 7 DP, 6 A .. 0 G. */
export declare function bench_tube(index: i32): u8;

export declare function bench_socket_short(on: bool): void;

/** Level of socket pin 1 or 7. */
export declare function bench_socket_level(pin: i32): i32;

/** Rising edges of socket pin 1 or 7 since bench_open. */
export declare function bench_socket_pulses(pin: i32): u32;

/** Sets the clock chip: seconds since 2000-01-01 00:00:00; 0: it has lost the time. */
export declare function bench_set_clock(time_s: u32): void;

/** Time of the clock chip, 0 while it has lost it. */
export declare function bench_clock(): u32;

export declare function bench_i2c_stuck(stuck: bool): void;

// Wires.

/** The next uart_write of METER or PANEL on the link suffers a LINK_ fault; `index` is the byte that
 *  LINK_CORRUPT changes. */
export declare function bench_link_fault(from: i32, kind: i32, index: i32): void;

/** Plays the absent partner: sends bytes to the core, 115200 8N1. */
export declare function bench_link_send(address: usize, size: i32): void;

/** Plays the absent partner: takes what has arrived from the core; returns the number of bytes, -1
 *  when some were lost. */
export declare function bench_link_receive(address: usize, capacity: i32): i32;

/** Plays the office: sends bytes on the RS485 line. */
export declare function bench_line_send(address: usize, size: i32): void;

/** Plays the office: takes what the box has sent so far; returns the number of bytes. */
export declare function bench_line_receive(address: usize, capacity: i32): i32;

// Cards and the reader. Cards are numbered from 1 in the order in which they were made and live as long
// as the suite, also from one bench_open to the next.

/** Makes a card of a CARD_ kind from the 1024 bytes at `dump`; returns its number. */
export declare function bench_card_make(kind: i32, dump: usize): i32;

/** Puts a card into the field, now (0) or so many us later. */
export declare function bench_card_present(card: i32, delay_us: i32): void;

/** Takes a card (0: every card) out of the field, now (0) or so many us later. */
export declare function bench_card_remove(card: i32, delay_us: i32): void;

/** Copies the 16 bytes of a block, keys included, to `address`. */
export declare function bench_card_block(card: i32, block: i32, address: usize): void;

/** Changes the 16 bytes of a block. */
export declare function bench_card_set_block(card: i32, block: i32, address: usize): void;

/** Block writes that the card has carried out, torn ones included. */
export declare function bench_card_writes(card: i32): u32;

/** After `after` good writes of the card, one leaves a TORN_ block; `how` is ACK_SENT, ACK_LOST or
 *  CARD_LEAVES (in the middle of it). */
export declare function bench_card_tear(card: i32, after: i32, outcome: i32, how: i32): void;

/** All cards leave `delay_us` after (negative: before) the end of the `frames`th frame that the reader
 *  sends from now on. */
export declare function bench_card_leave_after(frames: i32, delay_us: i32): void;

/** The `answers`th answer from now on suffers an ANSWER_ fault. */
export declare function bench_card_disturb(answers: i32, kind: i32): void;

/** One answer in `one_in` suffers an ANSWER_ fault by chance; 0: none. */
export declare function bench_card_noise(one_in: i32): void;

/** Frames that the reader has sent into its field, answers that cards gave, since bench_open. */
export declare function bench_reader_frames(): u32;

export declare function bench_reader_answers(): u32;

/** Sets a READER_ mode; the chip starts anew. */
export declare function bench_reader_mode(mode: i32): void;

/** Sets VersionReg: 0x91, 0x92, or a clone's. */
export declare function bench_reader_version(version: i32): void;

/** The chip falls back to its reset values with the `bytes`th byte over SPI from now on. */
export declare function bench_reader_brown_out(bytes: i32): void;

/** Takes back orders of leave_after, disturb, noise, brown_out and delayed moves not yet carried out. */
export declare function bench_reader_calm(): void;

/** Closes or opens the service switch under the seal. */
export declare function bench_service_switch(closed: bool): void;

// Helpers.

/** Runs the core for `ms` or until power is lost; returns whether it still has power. */
export function run(ms: u32, tick: () => void): bool {
  const start_ms = bench_now_ms();
  for (let limit = ms; limit > 0 && bench_now_ms() - start_ms < ms; limit--) {
    bench_step();
    tick();
    if (!bench_powered()) return false;
  }
  return true;
}
