/** Loads for boards/bench: what a meter core finds in each tick, with the memory that it starts from;
 *  the bytes are described in board.h. A load is made up here, or taken from a core that runs on the
 *  virtual box. Knows nothing of engines. */

import type { Core, HalImports } from "../virtual/core.ts";

const MAGIC = 0x3933444c;
const HEAD_SIZE = 16;
const TICK_SIZE = 16;
const CHANNEL_COUNT = 39;
const CHAIN_SIZE = 10;
const DIRECTIONS = 5; // first byte of the chain with directions
const FRAM_SIZE = 0x40000;
const SPI_INPUTS = 1;
const PIN_SOCKET_VERIFY = 2;
const PIN_HIGH = 1;
const MID_SCALE = 2048;
const PEAK_COUNTS = 1556; // 220 V
const PERIOD_MS = 20;
const PHASES = 3;

/** What one tick finds. */
export interface LoadTick {
  /** The ten bytes out of the chain: pulses, then directions. */
  inputs: Uint8Array;
  /** Of the converter, 0..4095. */
  sample: number;
  /** Since the tick before, 0..255. */
  step_ms: number;
  /** Level of the pin, 0 or 1. */
  socket_verify: number;
  /** Bytes of the link, at most 255. */
  link: Uint8Array;
}

/** Collects the ticks of a load. The first one is what init() finds. */
export class Load {
  private readonly ticks: LoadTick[] = [];

  /** `fram`: contents of the memory at the start. */
  constructor(private readonly fram: Uint8Array) {
    if (fram.length !== FRAM_SIZE) throw new RangeError(`a memory of ${fram.length} bytes`);
  }

  add(tick: LoadTick): void {
    this.ticks.push(tick);
  }

  /** The file, board.h; ticks before number `count_from` are run but not counted. */
  bytes(count_from: number): Uint8Array {
    const link_size = this.ticks.reduce((sum, { link }) => sum + link.length, 0);
    const ticks_at = HEAD_SIZE + FRAM_SIZE;
    const link_at = ticks_at + this.ticks.length * TICK_SIZE;
    const bytes = Buffer.alloc(link_at + link_size);
    bytes.writeUInt32LE(MAGIC, 0);
    bytes.writeUInt32LE(this.ticks.length - 1, 4);
    bytes.writeUInt32LE(count_from, 8);
    bytes.writeUInt32LE(link_size, 12);
    bytes.set(this.fram, HEAD_SIZE);
    let link_used = link_at;
    this.ticks.forEach((tick, index) => {
      const at = ticks_at + index * TICK_SIZE;
      bytes.set(tick.inputs, at);
      bytes.writeUInt16LE(tick.sample, at + CHAIN_SIZE);
      bytes.writeUInt8(tick.step_ms, at + 12);
      bytes.writeUInt8(tick.socket_verify, at + 13);
      bytes.writeUInt8(tick.link.length, at + 14);
      bytes.set(tick.link, link_used);
      link_used += tick.link.length;
    });
    return bytes;
  }
}

function idleTick(): LoadTick {
  return {
    inputs: new Uint8Array(CHAIN_SIZE),
    sample: MID_SCALE,
    step_ms: 0,
    socket_verify: PIN_HIGH,
    link: new Uint8Array(0),
  };
}

/** Three phases of 220 V and 50 Hz, sampled in turn. */
function phaseSample(tick: number, isMissing: (phase: number) => boolean): number {
  const phase = tick % PHASES;
  if (isMissing(phase)) return MID_SCALE;
  const angle = 2 * Math.PI * (tick / PERIOD_MS - phase / PHASES);
  return Math.round(MID_SCALE + PEAK_COUNTS * Math.sin(angle));
}

/** What a made-up load consists of. */
export interface MadeLoad {
  ticks: number;
  /** Level of a pulse input, channel_index 0..38, at a time. */
  isHigh(channel_index: number, now_ms: number): boolean;
  /** Level of its direction input; absent: forward. */
  isReverse?(channel_index: number, now_ms: number): boolean;
  /** A phase, 0..2, is away; absent: never. */
  isMissing?(phase: number, now_ms: number): boolean;
  /** The socket's pins 4 and 6 are shorted; absent: never. */
  isShorted?(now_ms: number): boolean;
  /** Bytes that the panel sends; absent: none. */
  link?(now_ms: number): Uint8Array | null;
}

/** Makes a load on the memory given. */
export function makeLoad(fram: Uint8Array, made: MadeLoad): Load {
  const load = new Load(fram);
  load.add(idleTick());
  for (let now_ms = 1; now_ms <= made.ticks; now_ms++) {
    const tick = idleTick();
    for (let index = 0; index < CHANNEL_COUNT; index++) {
      const bit = 1 << (index % 8);
      if (made.isHigh(index, now_ms)) tick.inputs[index >> 3]! |= bit;
      if (made.isReverse?.(index, now_ms)) tick.inputs[DIRECTIONS + (index >> 3)]! |= bit;
    }
    tick.sample = phaseSample(now_ms - 1, (phase) => made.isMissing?.(phase, now_ms) ?? false);
    tick.step_ms = 1;
    if (made.isShorted?.(now_ms)) tick.socket_verify = 0;
    tick.link = made.link?.(now_ms) ?? tick.link;
    load.add(tick);
  }
  return load;
}

/** A core whose life is taken down as `load`; it has one, a restart throws. */
export function loadedCore(inner: Core, load: Load): Core {
  let tick = idleTick();
  let before_ms = 0;
  let is_started = false;
  let memory: () => Uint8Array = () => new Uint8Array(0);
  const taken = (hal: HalImports): HalImports => ({
    ...hal,
    attach(given) {
      memory = () => (given instanceof Uint8Array ? given : new Uint8Array(given.buffer));
      hal.attach(given);
    },
    now_ms() {
      const now_ms = hal.now_ms();
      tick.step_ms = now_ms - before_ms;
      return now_ms;
    },
    spi(device, address, size) {
      hal.spi(device, address, size);
      if (device === SPI_INPUTS) tick.inputs = memory().slice(address, address + size);
    },
    adc: (channel) => (tick.sample = hal.adc(channel)),
    pin_read(pin) {
      const level = hal.pin_read(pin);
      if (pin === PIN_SOCKET_VERIFY) tick.socket_verify = level;
      return level;
    },
    uart_read(port, address, capacity) {
      const count = hal.uart_read(port, address, capacity);
      if (count > 0) tick.link = memory().slice(address, address + count);
      return count;
    },
  });
  const ended = (entry: () => void): void => {
    entry();
    before_ms += tick.step_ms;
    load.add(tick);
    tick = idleTick();
  };
  return {
    start(hal) {
      if (is_started) throw new Error("a load is one life of a core");
      is_started = true;
      const running = inner.start(taken(hal));
      return { init: () => ended(() => running.init()), tick: () => ended(() => running.tick()) };
    },
  };
}
