/** The "bench" imports of an AssemblyScript suite: a virtual box around the core that the suite
 *  holds. tests/bench.ts declares them for the suite and says what each does; here is only how.
 *  as-pect.config.js binds the two. */

import { CardBench } from "./bench-cards.ts";
import { Box, releaseCore, type McuName } from "./box.ts";
import { SuiteCore } from "./suite.ts";
import type { ByteUnderWay } from "./devices/fram.ts";
import { FORMAT_8N1, type SerialPort } from "./devices/uart.ts";

const ROLES: McuName[] = ["meter", "panel"];
const UNDER_WAY: ByteUnderWay[] = ["old", "new", "garbage"];
const LINK_BAUD = 115_200;
const MILLENNIUM_MS = Date.UTC(2000, 0, 1);

/** Faults of bench_link_fault. */
const LINK_DROP = 1;
const LINK_DOUBLE = 2;
const LINK_CORRUPT = 3;

export class Bench {
  readonly core = new SuiteCore();
  private memory: WebAssembly.Memory | null = null;
  private opened: Box | null = null;
  private role: McuName = "meter";
  private partner_link: SerialPort | null = null;
  private in_ms = false;
  private seed = 1;
  private constants: number[] = [];
  private phases: number[] = [];
  private relays_closed = true;
  private image: Uint8Array | undefined;
  private coil = 0;
  private coil_pulses = new Uint32Array(80);
  private socket_levels = new Uint8Array(8);
  private socket_pulses = new Uint32Array(8);
  private restarts = new Uint32Array(2);
  private readonly cards = new CardBench(
    () => this.box,
    (address, size) => this.bytes(address, size),
  );
  private link_fault = { from: "meter", kind: 0, index: 0 };

  /** The suite's memory, known once its module was made. */
  attach(memory: WebAssembly.Memory): void {
    this.memory = memory;
    this.core.attach(memory);
  }

  private get box(): Box {
    if (!this.opened) throw new Error("bench_open was not called");
    return this.opened;
  }

  private bytes(address: number, size: number): Uint8Array {
    if (!this.memory) throw new Error("the suite has no memory yet");
    return new Uint8Array(this.memory.buffer, address >>> 0, size);
  }

  /** The imports of module "bench". */
  imports(): Record<string, (...numbers: never[]) => unknown> {
    return {
      ...this.setupImports(),
      ...this.timeImports(),
      ...this.loadImports(),
      ...this.memoryImports(),
      ...this.outputImports(),
      ...this.wireImports(),
      ...this.cards.imports(),
    };
  }

  private setupImports() {
    return {
      bench_set_seed: (seed: number): void => void (this.seed = seed),
      bench_set_constant: (channel: number, constant: number): void =>
        void (this.constants[channel - 1] = constant),
      bench_set_channel_phase: (channel: number, phase: number): void =>
        void (this.phases[channel - 1] = phase),
      bench_set_relays: (closed: number): void => void (this.relays_closed = closed !== 0),
      bench_open: (role: number, partner: number, fram: number): void =>
        this.open(role, partner, fram),
    };
  }

  private open(role: number, partner: number, keep: number): void {
    if (role !== 0 && role !== 1) throw new Error(`bench_open: role ${role}`);
    this.role = ROLES[role];
    const other = partner === 1 ? releaseCore(ROLES[1 - role]) : null;
    const fram = keep === 1 ? (this.image ?? this.opened?.fram.bytes) : undefined;
    const box = new Box({
      seed: this.seed,
      constants: Array.from({ length: 39 }, (_, i) => this.constants[i] ?? 1600),
      phases: Array.from({ length: 39 }, (_, i) => this.phases[i] ?? i % 3),
      relays_closed: this.relays_closed,
      fram,
      meter: role === 0 ? this.core : other,
      panel: role === 1 ? this.core : other,
    });
    this.opened?.reader.remove(); // cards outlive their box
    this.opened = box;
    this.in_ms = false;
    this.core.serve(role === 0 ? box.meter : box.panel);
    this.watch(box);
    this.partner_link = other ? null : box.linkEnd(ROLES[1 - role]);
    this.partner_link?.open(LINK_BAUD, FORMAT_8N1, 0);
    box.powerOn();
  }

  private watch(box: Box): void {
    this.coil = 0;
    this.coil_pulses.fill(0);
    this.socket_levels.fill(0);
    this.socket_pulses.fill(0);
    this.restarts.fill(0);
    this.link_fault.kind = 0;
    box.events.on("coil", ({ channel, coil, on }) => {
      const signed = coil === "close" ? channel : -channel;
      this.coil = on ? signed : 0;
      if (on) this.coil_pulses[2 * (channel - 1) + (coil === "close" ? 0 : 1)]++;
    });
    box.events.on("socket", ({ pin, level }) => {
      this.socket_levels[pin] = level;
      this.socket_pulses[pin] += level;
    });
    box.events.on("restart", ({ mcu }) => void this.restarts[ROLES.indexOf(mcu)]++);
    box.link.tap = (from, sent) => this.tap(from, sent);
  }

  private tap(from: McuName, sent: Uint8Array): Uint8Array {
    const { kind, index } = this.link_fault;
    if (kind === 0 || from !== this.link_fault.from) return sent;
    this.link_fault.kind = 0;
    if (kind === LINK_DROP) return new Uint8Array(0);
    if (kind === LINK_DOUBLE) return Uint8Array.of(...sent, ...sent);
    sent[index % sent.length] ^= 0x10;
    return sent;
  }

  /** Ends the millisecond in which the suite just ran its core. */
  private finish(): void {
    if (this.in_ms) this.box.endMs();
    this.in_ms = false;
  }

  /** Lets time pass to the next millisecond in which the core under test is due. */
  private step(): void {
    const mcu = this.role === "meter" ? this.box.meter : this.box.panel;
    do {
      this.finish();
      this.box.beginMs();
      this.in_ms = true;
    } while (this.box.powered && !mcu?.due);
  }

  private timeImports() {
    return {
      bench_step: (): void => this.step(),
      bench_pass: (ms: number): void => {
        this.finish();
        this.box.runMs(ms >>> 0);
      },
      bench_now_ms: (): number => this.box.now_ms | 0,
      bench_powered: (): boolean => this.box.powered && !this.box.fram.cut,
      bench_power_on: (): void => {
        this.finish();
        this.box.powerOn();
      },
      bench_power_off: (): void => {
        this.finish();
        this.box.powerOff();
      },
      bench_reset: (role: number): void => {
        this.box.resetMcu(ROLES[role]);
        const mcu = role === 0 ? this.box.meter : this.box.panel;
        if (ROLES[role] === this.role) mcu?.restartNow();
      },
      bench_restarts: (role: number): number => this.restarts[role],
    };
  }

  private loadImports() {
    return {
      bench_set_load_mw: (channel: number, load_mw: number): void =>
        this.box.setLoadW(channel, load_mw / 1000),
      bench_energy_fed_j: (channel: number): bigint => BigInt(this.box.energyFedJ(channel)),
      bench_pulses: (channel: number): number => this.box.front_ends[channel - 1].pulses,
      bench_set_bounce_us: (channel: number, bounce_us: number): void =>
        this.box.setBounceUs(channel, bounce_us),
      bench_glitch: (channel: number, width_us: number): void => this.box.glitch(channel, width_us),
      bench_pulse_input_raw: (channel: number, level: number): void =>
        this.box.pulseLevel(channel - 1, level),
      bench_direction_input_raw: (channel: number, level: number): void =>
        this.box.directionLevel(channel - 1, level),
      bench_set_phase: (phase: 0 | 1 | 2, present: number): void =>
        this.box.setPhase(phase, present !== 0),
      bench_set_voltage_mv: (phase: 0 | 1 | 2, voltage_mv: number): void =>
        this.box.setVoltage(phase, voltage_mv / 1000),
      bench_set_frequency_chz: (frequency_chz: number): void =>
        this.box.setFrequency(frequency_chz / 100),
    };
  }

  private memoryImports() {
    return {
      bench_power_cut_after: (bytes: number, under_way: number): void =>
        this.box.fram.cutAfter(bytes < 0 ? null : bytes, UNDER_WAY[under_way]),
      bench_fram_written: (): number => this.box.fram.written,
      bench_fram_read: (address: number): number => this.box.fram.bytes[address],
      bench_fram_write: (address: number, value: number): void =>
        void (this.box.fram.bytes[address] = value),
      bench_fram_save: (): void => void (this.image = this.box.fram.bytes.slice()),
      bench_fram_forget: (): void => void (this.image = undefined),
    };
  }

  private outputImports() {
    return {
      bench_relay_closed: (channel: number): boolean => this.box.relayClosed(channel),
      bench_relay_operations: (channel: number): number => this.box.relayOperations(channel),
      bench_relay_stick: (channel: number, stuck: number): void =>
        this.box.relayStick(channel, stuck !== 0),
      bench_coil: (): number => this.coil,
      bench_coil_pulses: (channel: number, closes: number): number =>
        this.coil_pulses[2 * (channel - 1) + (closes ? 0 : 1)],
      bench_tube: (index: number): number => this.box.display.segments[index],
      bench_socket_short: (on: number): void => this.box.socketShort(on !== 0),
      bench_socket_level: (pin: number): number => this.socket_levels[pin],
      bench_socket_pulses: (pin: number): number => this.socket_pulses[pin],
      bench_set_clock: (time_s: number): void =>
        this.box.setClock(time_s === 0 ? null : new Date(MILLENNIUM_MS + (time_s >>> 0) * 1000)),
      bench_clock: (): number => (this.box.rtc.lost ? 0 : this.box.rtc.time_s | 0),
      bench_i2c_stuck: (stuck: number): void => this.box.i2cStuck(stuck !== 0),
    };
  }

  private wireImports() {
    const end = (): SerialPort => {
      if (!this.partner_link) throw new Error("the partner is fitted: it has the link");
      return this.partner_link;
    };
    return {
      bench_link_fault: (from: number, kind: number, index: number): void => {
        if (kind < 0 || kind > LINK_CORRUPT) throw new Error(`bench_link_fault: kind ${kind}`);
        this.link_fault = { from: ROLES[from], kind, index };
      },
      bench_link_send: (address: number, size: number): void =>
        void end().write(this.bytes(address, size), 0, size, this.box.now_us),
      bench_link_receive: (address: number, capacity: number): number =>
        end().read(this.bytes(address, capacity), 0, capacity, this.box.now_us),
      bench_line_send: (address: number, size: number): void =>
        this.box.line.send(this.bytes(address, size)),
      bench_line_receive: (address: number, capacity: number): number => {
        const received = this.box.line.receive();
        if (received.length > capacity) throw new Error(`${received.length} bytes on the line`);
        this.bytes(address, capacity).set(received);
        return received.length;
      },
    };
  }
}
