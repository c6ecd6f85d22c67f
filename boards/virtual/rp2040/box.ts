/** The box with two emulated Raspberry Pi Picos in place of the cores in V8: the same devices, wired to
 *  their pins. Both chips advance in steps that are shorter than a character of the link and that end
 *  with every event of the box, so that what one sends always reaches the other in time and a run depends
 *  on nothing but its options and calls. Times are whole us of the box; a chip's own are rounded down. */

import { Box, type BoxOptions, type McuName } from "../box.ts";
import { DeviceError } from "../errors.ts";
import { BOOT_FAULT, BOOT_RESET, BOOT_WATCHDOG } from "../mcu.ts";
import { PicoMcu, type PicoChip, type ResetReason } from "./pins-chip.ts";
import { LinePins, LinkPins } from "./pins-uart.ts";
import { CLOCK_SDA, SERVICE, SOCKET_VERIFY, wireMeter, wirePanel } from "./pins-wiring.ts";

/** A character at 115200 baud takes 86.8 us; an instruction may run over the end of a step. */
const STEP_US = 80;
const US_PER_MS = 1000;

/** Makes a chip, running, for a microcontroller that gets power now. */
export type ChipMaker = (name: McuName) => PicoChip;

export interface PicoBoxOptions extends Omit<BoxOptions, "meter" | "panel" | "trace"> {
  /** null: that MCU is not fitted. */
  meter: ChipMaker | null;
  panel: ChipMaker | null;
  /** Longest step, us, 1..80; what a run does depends on it as little as on the wall clock. */
  step_us?: number;
}

export class PicoBox extends Box {
  /** The microcontrollers while they have power. */
  readonly chips: { meter: PicoMcu | null; panel: PicoMcu | null } = { meter: null, panel: null };
  /** Told each chip that gets power, before it runs. */
  onChip: (mcu: PicoMcu) => void = () => undefined;
  readonly line_pins: LinePins;

  private readonly makers: Record<McuName, ChipMaker | null>;
  private readonly step_us: number;
  private readonly link_pins: LinkPins;
  /** The chip whose instructions run now. */
  private running: PicoMcu | null = null;

  constructor(options: PicoBoxOptions) {
    super({ ...options, meter: null, panel: null });
    const { meter, panel, step_us = STEP_US } = options;
    if (!(step_us >= 1 && step_us <= STEP_US)) throw new DeviceError("box", `step ${step_us} us`);
    this.makers = { meter, panel };
    this.step_us = step_us;
    this.link_pins = new LinkPins(
      (name) => this.chips[name]?.uarts[0] ?? null,
      (from, bytes) => this.link.tap?.(from, bytes) ?? bytes,
    );
    this.line_pins = new LinePins(
      this.connector,
      () => this.chips.panel?.uarts[1] ?? null,
      (baud, format) => this.lineOpened(baud, format),
    );
  }

  /** Within a step the time of the chip that runs. */
  override get now_us(): number {
    const { running } = this;
    return running ? Math.max(running.now_us, this.clock.now_us) : this.clock.now_us;
  }

  override powerOn(): void {
    if (this.powered) return;
    super.powerOn();
    for (const name of ["meter", "panel"] as const) this.start(name);
  }

  override powerOff(): void {
    if (!this.powered) return;
    this.chips.meter = null;
    this.chips.panel = null;
    this.line_pins.release(this.now_us);
    this.meter_wiring.release();
    this.panel_wiring.release();
    super.powerOff();
  }

  override runMs(ms: number): void {
    if (!Number.isInteger(ms) || ms < 0) throw new DeviceError("box", `run for ${ms} ms`);
    const end_us = this.now_us + ms * US_PER_MS;
    while (this.now_us < end_us) this.step(end_us);
  }

  override holdMs(ms: number): void {
    const { meter, panel } = this.chips;
    for (const mcu of [meter, panel]) mcu?.chip.hold(true);
    this.runMs(ms);
    for (const mcu of [meter, panel]) mcu?.chip.hold(false);
  }

  override beginMs(): void {
    throw new DeviceError("box", "emulated chips have no halves of a millisecond");
  }

  override socketShort(on: boolean): void {
    super.socketShort(on);
    this.chips.meter?.chip.setInput(SOCKET_VERIFY, on ? 0 : null);
  }

  override serviceSwitch(closed: boolean): void {
    super.serviceSwitch(closed);
    this.chips.meter?.chip.setInput(SERVICE, closed ? 0 : null);
  }

  override i2cStuck(stuck: boolean): void {
    super.i2cStuck(stuck);
    this.chips.panel?.chip.setInput(CLOCK_SDA, stuck ? 0 : null);
  }

  override resetMcu(name: McuName): void {
    if (this.makers[name] === null) throw new DeviceError("box", `${name} is not fitted`);
    this.chips[name]?.chip.reset("run");
  }

  /** Devices see the time of the chip that talks to them. */
  protected override timeOf(): number {
    return this.now_us;
  }

  private start(name: McuName): void {
    const make = this.makers[name];
    if (make === null || !this.powered) return;
    const mcu = new PicoMcu(name, make(name), this.now_us);
    this.chips[name] = mcu;
    this.running = mcu;
    mcu.chip.onReset = (reason, time_us) => this.restarted(mcu, reason, mcu.timeOf(time_us));
    const { chip } = mcu;
    if (name === "meter") this.wireMeter(mcu);
    else this.wirePanel(mcu);
    chip.uart(0).onByte = (byte, _start_us, end_us) => {
      if (!this.fram.cut) this.link_pins.character(name, byte, mcu.started_us + end_us);
    };
    this.running = null;
    this.onChip(mcu);
  }

  private wireMeter(mcu: PicoMcu): void {
    const { fram, inputs, outputs, meter_wiring: wiring } = this;
    wireMeter(mcu, { fram, inputs, outputs, wiring });
    this.socketShort(wiring.socket_short);
    this.serviceSwitch(wiring.service_closed);
  }

  private wirePanel(mcu: PicoMcu): void {
    const { display: tubes, rtc, reader, panel_wiring: wiring, line_pins } = this;
    const isDead = (): boolean => this.fram.cut;
    const turn = (level: number, now_us: number): void => line_pins.turn(level, now_us);
    wirePanel(mcu, { tubes, rtc, reader, wiring, turn, isDead });
    mcu.chip.uart(1).onByte = (byte, start_us, end_us) => {
      if (!isDead()) line_pins.character(byte, mcu.timeOf(start_us), mcu.timeOf(end_us));
    };
    this.i2cStuck(wiring.i2c_stuck);
  }

  /** Lets time pass to the end of the step, at the latest to `end_us`. */
  private step(end_us: number): void {
    const { clock, chips, line_pins } = this;
    const now_us = clock.now_us;
    const idle_until_us = Math.min(
      chips.meter?.next_us ?? Infinity,
      chips.panel?.next_us ?? Infinity,
    );
    const limit_us = Math.max(now_us + this.step_us, Math.floor(idle_until_us));
    const to_us = Math.min(end_us, clock.next_us, line_pins.next_us, limit_us);
    const until_us = Math.max(Math.ceil(to_us), now_us + 1);
    this.runChip(chips.meter, until_us);
    if (!this.fram.cut) this.runChip(chips.panel, until_us);
    clock.runTo(until_us);
    if (!this.powered) return;
    if (this.fram.cut) this.powerOff();
    else line_pins.deliver(until_us);
  }

  private runChip(mcu: PicoMcu | null, until_us: number): void {
    if (mcu === null) return;
    this.running = mcu;
    mcu.runTo(until_us);
    this.running = null;
  }

  /** A chip was reset; its pins are at rest already or will be at once. */
  private restarted(mcu: PicoMcu, cause: ResetReason, time_us: number): void {
    if (mcu.name === "panel") this.line_pins.release(time_us);
    if (cause === "power") return;
    const { reason, detail } = bootReason(mcu.chip, cause);
    this.events.emit("restart", { mcu: mcu.name, reason, detail, time_us });
  }
}

/** boards/pico/record.c: what scratch register 0 holds while a program runs, and after a fault, whose code
 *  and detail are then in 1 (code << 8 | cause) and 2. */
const MARK_RUNNING = 0x33394d52;
const MARK_FAULT = 0x33394d46;

/** What boot_reason() will return in the next life, and the detail of fault(). */
function bootReason(chip: PicoChip, cause: ResetReason): { reason: number; detail: number } {
  const [mark, code, detail] = chip.scratch;
  if (cause === "run") return { reason: BOOT_RESET, detail: 0 };
  if (mark === MARK_FAULT) return { reason: BOOT_FAULT | (code & ~0xff), detail: detail | 0 };
  const is_watchdog = cause === "watchdog" && mark === MARK_RUNNING;
  return { reason: is_watchdog ? BOOT_WATCHDOG : BOOT_RESET, detail: 0 };
}
