/** A whole meter without hardware: 39 front ends and relays, memory, tubes, clock chip, mains, socket,
 *  the two microcontrollers and the wires between them. Time passes only in runMs(); a run depends on
 *  nothing but its options and calls. Channels are numbered 1..39, phases 0..2. */

import mitt from "mitt";
import { Clock } from "./clock.ts";
import { Connector } from "./connector.ts";
import { releaseCore, type Core, type HalImports } from "./core.ts";
import { DeviceError } from "./errors.ts";
import type { BoxEmitter, BoxEvents, McuName } from "./events.ts";
import { readDigits, readLamps, type Lamps } from "./glyphs.ts";
import { CHANNEL_COUNT, channelIndex, perChannel, type BoxOptions } from "./options.ts";
import { makeHal } from "./hal.ts";
import { BOOT_RESET, Mcu, type McuWatcher } from "./mcu.ts";
import { Random } from "./random.ts";
import { Reader } from "./reader.ts";
import { tracedCore, type TraceLine } from "./trace.ts";
import { MeterWiring, PanelWiring } from "./wiring.ts";
import { CoilDrivers } from "./devices/coils.ts";
import { Ds3231 } from "./devices/ds3231.ts";
import { Fram } from "./devices/fram.ts";
import { FrontEnd, MAXIMUM_BOUNCE_US, type PulseLines } from "./devices/frontend.ts";
import { InputChain } from "./devices/hc165.ts";
import { OutputChain } from "./devices/hc595.ts";
import { Mains, PHASE_COUNT } from "./devices/mains.ts";
import { TubeChain } from "./devices/max7219.ts";
import { Relay, type RelayWatcher } from "./devices/relay.ts";
import { connect, Uart, type SerialPort } from "./devices/uart.ts";
import { Line } from "./line.ts";

export { releaseCore, wasmCore } from "./core.ts";
export type { Core, HalImports, RunningCore } from "./core.ts";
export { CoreFault, DeviceError } from "./errors.ts";
export { CHANNEL_COUNT } from "./options.ts";
export type { BoxOptions } from "./options.ts";
export { Line, LineHost } from "./line.ts";
export type { BoxEmitter, BoxEvents, McuName } from "./events.ts";

const DEFAULT_CONSTANT = 1600;
const TICK_US = 1000;
/** In the 165 chain the direction inputs follow five bytes of pulse inputs. */
const DIRECTION_BIT = 40;
/** The reader's random choices are its own, so that a card changes nothing else in a run. */
const READER_SEED = 0x522;

export class Box implements McuWatcher, PulseLines, RelayWatcher {
  readonly events: BoxEmitter = mitt<BoxEvents>();
  readonly clock = new Clock();
  readonly fram: Fram;
  readonly rtc: Ds3231;
  readonly mains = new Mains();
  readonly inputs = new InputChain();
  readonly display: TubeChain;
  readonly front_ends: FrontEnd[] = [];
  readonly relays: Relay[] = [];
  /** Fault injection on the wire between the MCUs: returns what really arrives of one uart_write. */
  readonly link: { tap?: (from: McuName, bytes: Uint8Array) => Uint8Array } = {};
  /** The line as an office sees it that follows the speed of this box. */
  readonly line = {
    send: (bytes: Uint8Array): void => this.connector.office().send(bytes),
    receive: (): Uint8Array => this.connector.office().receive(),
  };

  /** The card reader with its cards and faults. */
  readonly reader: Reader;

  readonly meter: Mcu | null;
  readonly panel: Mcu | null;

  private is_powered = false;
  private readonly phases: number[];
  protected readonly outputs: OutputChain;
  private readonly coils: CoilDrivers;
  protected readonly meter_wiring: MeterWiring;
  protected readonly panel_wiring: PanelWiring;
  /** Where its RS485 is plugged in. */
  readonly connector: Connector;

  constructor(options: BoxOptions = {}) {
    const random = new Random(options.seed ?? 1);
    const boxUs = (): number => this.now_us;
    const meterUs = (): number => this.timeOf(this.meter);
    const panelUs = (): number => this.timeOf(this.panel);
    this.fram = new Fram(meterUs, random, options.fram);
    this.fram.onCommit = (address, size) =>
      this.events.emit("fram_commit", { address, size, time_us: meterUs() });
    this.rtc = new Ds3231(boxUs);
    this.rtc.set(options.clock === undefined ? new Date(Date.UTC(2026, 0, 1)) : options.clock);
    this.display = new TubeChain(() => this.events.emit("tubes", { time_us: panelUs() }));
    this.coils = new CoilDrivers(this.clock, meterUs, (coil, on, time_us) =>
      this.coilChanged(coil, on, time_us),
    );
    this.outputs = new OutputChain((outputs, enabled) => this.coils.drive(outputs, enabled));
    this.phases = perChannel("phases", options.phases, (i) => i % PHASE_COUNT, 0, 2);
    const constants = perChannel("constants", options.constants, () => DEFAULT_CONSTANT, 1, 20_000);
    const closed = options.relays_closed ?? true;
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      this.front_ends.push(new FrontEnd(this.clock, random, i, constants[i], this));
      this.relays.push(new Relay(this.clock, random, i, closed, this));
      this.front_ends[i].setContact(closed);
    }
    const links = [new Uart("meter link"), new Uart("panel link")];
    connect(links[0], links[1]);
    const line = options.line ?? new Line(options.seed);
    this.clock.now_us = line.now_us;
    this.connector = new Connector(line, options.name ?? "box", boxUs);
    if (options.line === undefined) this.connector.office(); // it hears all from the beginning
    this.meter_wiring = new MeterWiring(
      this.fram,
      this.inputs,
      this.outputs,
      this.mains,
      links[0],
      (pin, level) => this.events.emit("socket", { pin, level, time_us: meterUs() }),
    );
    const reader_random = new Random((options.seed ?? 1) ^ READER_SEED);
    this.reader = new Reader(panelUs, reader_random, options.reader ?? true);
    this.panel_wiring = new PanelWiring(
      this.display,
      this.rtc,
      this.reader,
      links[1],
      this.connector.port,
    );
    this.meter = this.fit("meter", options.meter, meterUs, options.trace);
    this.panel = this.fit("panel", options.panel, panelUs, options.trace);
  }

  /** Microseconds since the box was made. */
  get now_us(): number {
    return this.clock.now_us;
  }

  get now_ms(): number {
    return this.clock.now_us / 1000;
  }

  get powered(): boolean {
    return this.is_powered;
  }

  /** Mains come back: both cores start and run init() at once, their first tick is a ms later. */
  powerOn(): void {
    if (this.is_powered) return;
    const now_us = this.now_us;
    this.is_powered = true;
    this.events.emit("power", { on: true, time_us: now_us });
    this.inputs.powerOn();
    this.outputs.powerOn();
    this.display.powerOn();
    this.reader.powerOn();
    for (const front_end of this.front_ends) front_end.setPower(true);
    this.meter?.powerOn(now_us);
    if (!this.fram.cut) this.panel?.powerOn(now_us);
    if (this.fram.cut) this.powerOff();
  }

  /** Mains fail: relays and memory keep what they have, all else is lost. */
  powerOff(): void {
    if (!this.is_powered) return;
    this.is_powered = false;
    for (const mcu of [this.meter, this.panel]) {
      if (!mcu) continue;
      mcu.powerOff();
      this.stopped(mcu);
    }
    this.fram.powerOff();
    this.display.powerOff();
    this.reader.powerOff();
    for (const front_end of this.front_ends) front_end.setPower(false);
    this.events.emit("power", { on: false, time_us: this.now_us });
  }

  /** Lets `ms` milliseconds pass, powered or not. */
  runMs(ms: number): void {
    if (!Number.isInteger(ms) || ms < 0) throw new DeviceError("box", `run for ${ms} ms`);
    for (let i = 0; i < ms; i++) {
      this.beginMs();
      this.endMs();
    }
  }

  /** Lets `ms` milliseconds pass in which both microcontrollers stand still, as if one tick had lasted so
   *  long; only their watchdogs wait with them. */
  holdMs(ms: number): void {
    this.clock.runTo(this.clock.now_us + ms * TICK_US);
    if (this.is_powered) for (const mcu of [this.meter, this.panel]) mcu?.hold(ms);
  }

  /** First half of a millisecond: events up to its boundary, then the meter's tick. */
  beginMs(): void {
    const now_us = this.clock.now_us + TICK_US;
    this.clock.runTo(now_us);
    if (!this.is_powered) return;
    const { meter, panel } = this;
    if (panel !== null) panel.begin(now_us);
    if (meter !== null) {
      meter.begin(now_us);
      meter.run();
    }
  }

  /** Second half: the panel's tick; then an ordered power cut takes effect. */
  endMs(): void {
    if (!this.is_powered) return;
    if (this.panel !== null && !this.fram.cut) this.panel.run();
    if (this.fram.cut) this.powerOff();
  }

  /** Load of a channel in W, in steps of 1 mW; negative: reverse flow. */
  setLoadW(channel: number, watts: number): void {
    this.frontEnd(channel).setLoad(Math.round(watts * 1000));
  }

  /** Energy that really flowed through the channel, whole J, both directions added. */
  energyFedJ(channel: number): number {
    return this.frontEnd(channel).energyFedJ();
  }

  /** Bounce on both edges of a channel's pulses, us, 0..3000. */
  setBounceUs(channel: number, bounce_us: number): void {
    if (!(bounce_us >= 0 && bounce_us <= MAXIMUM_BOUNCE_US)) {
      throw new DeviceError("front end", `bounce of ${bounce_us} us`);
    }
    this.frontEnd(channel).bounce_us = bounce_us;
  }

  /** A disturbance of `width_us` on a channel's pulse line. */
  glitch(channel: number, width_us: number): void {
    this.frontEnd(channel).glitch(width_us);
  }

  relayClosed(channel: number): boolean {
    return this.relay(channel).closed;
  }

  /** Times the armature moved. */
  relayOperations(channel: number): number {
    return this.relay(channel).operations;
  }

  /** A stuck relay ignores its coils. */
  relayStick(channel: number, stuck: boolean): void {
    this.relay(channel).stuck = stuck;
  }

  /** A phase that is missing gives no voltage, and its channels no energy. */
  setPhase(phase: 0 | 1 | 2, present: boolean): void {
    this.mains.setPhase(phase, present);
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      if (this.phases[i] === phase) this.front_ends[i].setPhase(present);
    }
  }

  /** Voltage shown to the ADC, V rms; the loads stay as they are. */
  setVoltage(phase: 0 | 1 | 2, volts: number): void {
    this.mains.setVoltage(phase, volts);
  }

  setFrequency(hz: number): void {
    this.mains.setFrequency(hz, this.now_us);
  }

  /** Shorts socket pin 4 to pin 6, or lifts the short. */
  socketShort(on: boolean): void {
    this.meter_wiring.socket_short = on;
  }

  /** Closes or opens the service switch under the seal. */
  serviceSwitch(closed: boolean): void {
    this.meter_wiring.service_closed = closed;
  }

  /** The I2C bus of the panel is held low. */
  i2cStuck(stuck: boolean): void {
    this.panel_wiring.i2c_stuck = stuck;
  }

  /** Tubes and lamps as a person reads them, see glyphs.ts. */
  tubes(): { upper: string; lower: string; lamps: Lamps } {
    const { segments } = this.display;
    return {
      upper: readDigits(segments, 0, 4),
      lower: readDigits(segments, 4, 6),
      lamps: readLamps(segments[10]),
    };
  }

  /** A copy of what is lit: upper row 4, lower row 6, lamps 1. */
  tubeSegments(): Uint8Array {
    return this.display.segments.slice();
  }

  /** Sets the clock chip (UTC fields); null: it has lost the time. */
  setClock(date: Date | null): void {
    this.rtc.set(date);
  }

  /** Pulls the reset pin of one MCU. */
  resetMcu(name: McuName): void {
    const mcu = name === "meter" ? this.meter : this.panel;
    if (mcu === null) throw new DeviceError("box", `${name} is not fitted`);
    if (this.is_powered) mcu.restart(BOOT_RESET);
  }

  /** Moves the connector of RS485 to another line, whose boxes have this box's time. */
  plugInto(line: Line): void {
    this.connector.plugInto(line);
    this.panel_wiring.uarts[1] = this.connector.port;
  }

  /** One MCU's end of the link, for a test that plays an MCU which is not fitted. */
  linkEnd(name: McuName): SerialPort {
    return name === "meter" ? this.meter_wiring.uarts[0] : this.panel_wiring.uarts[0];
  }

  // Below: what the devices and microcontrollers report.

  stopped(mcu: Mcu): void {
    const wiring = mcu === this.meter ? this.meter_wiring : this.panel_wiring;
    wiring.release();
    for (const uart of wiring.uarts) uart.close(mcu.time_us);
  }

  restarting(mcu: Mcu, reason: number, detail: number, error?: Error): void {
    const time_us = this.now_us;
    this.events.emit("restart", { mcu: mcu.name, reason, detail, time_us, error });
  }

  hal(mcu: Mcu): HalImports {
    const is_meter = mcu.name === "meter";
    return makeHal(mcu, is_meter ? this.meter_wiring : this.panel_wiring, {
      isDead: () => this.fram.cut,
      tap: (port) => {
        const { tap } = this.link;
        return port === 0 && tap ? (bytes) => tap(mcu.name, bytes) : undefined;
      },
      onOpen: (port, baud, format) => {
        if (port === 1) this.lineOpened(baud, format);
      },
    });
  }

  pulseLevel(channel_index: number, level: number): void {
    this.inputs.setInput(channel_index, level);
  }

  directionLevel(channel_index: number, level: number): void {
    this.inputs.setInput(DIRECTION_BIT + channel_index, level);
  }

  pulseStarted(channel_index: number, reverse: boolean): void {
    this.events.emit("pulse", { channel: channel_index + 1, reverse, time_us: this.now_us });
  }

  armature(channel_index: number, closed: boolean): void {
    this.events.emit("relay", { channel: channel_index + 1, closed, time_us: this.now_us });
  }

  contact(channel_index: number, closed: boolean): void {
    this.front_ends[channel_index].setContact(closed);
  }

  protected lineOpened(baud: number, format: number): void {
    this.connector.opened(baud, format);
    this.events.emit("line_opened", { baud, format, time_us: this.now_us });
  }

  private coilChanged(coil: number, on: boolean, time_us: number): void {
    const index = coil >> 1;
    const closes = (coil & 1) === 0;
    this.relays[index].coil(closes, on, time_us);
    this.events.emit("coil", { channel: index + 1, coil: closes ? "close" : "open", on, time_us });
  }

  private fit(
    name: McuName,
    given: Core | null | undefined,
    timeUs: () => number,
    trace?: TraceLine,
  ): Mcu | null {
    if (given === null) return null;
    const core = given ?? releaseCore(name);
    return new Mcu(name, trace ? tracedCore(core, name, timeUs, trace) : core, this);
  }

  protected timeOf(mcu: Mcu | null): number {
    return mcu === null || mcu.time_us < this.clock.now_us ? this.clock.now_us : mcu.time_us;
  }

  private frontEnd(channel: number): FrontEnd {
    return this.front_ends[channelIndex(channel)];
  }

  private relay(channel: number): Relay {
    return this.relays[channelIndex(channel)];
  }
}
