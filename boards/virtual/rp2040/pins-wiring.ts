/** Which pin of which microcontroller goes where: the tables of docs/PICO.md. Pins that nobody is wired
 *  to are left alone. */

import type { Ds3231 } from "../devices/ds3231.ts";
import type { Fram } from "../devices/fram.ts";
import type { InputChain } from "../devices/hc165.ts";
import type { OutputChain } from "../devices/hc595.ts";
import type { TubeChain } from "../devices/max7219.ts";
import type { Reader } from "../reader.ts";
import type { Wiring } from "../wiring.ts";
import type { PicoMcu } from "./pins-chip.ts";
import { ClockPins } from "./pins-i2c.ts";
import { FramPins, InputPins, OutputPins, ReaderPins, TubePins, exchangeAll } from "./pins-spi.ts";
import type { SpiDevice } from "./pins-spi.ts";

// Meter.
const FRAM_CS = 5;
const INPUT_LOAD = 6;
const COIL_OFF = 7;
export const SOCKET_VERIFY = 8;
const SOCKET_FORWARD = 9;
const COILS_RCLK = 13;
const INPUTS_INHIBIT = 14;
const SOCKET_REVERSE = 15;
export const SERVICE = 16;
// Panel.
export const CLOCK_SDA = 4;
const CLOCK_SCL = 5;
const LINE_DIRECTION = 7;
const READER_CS = 13;
const READER_RESET = 14;
const TUBES_LOAD = 17;

/** Numbers of the pins in HAL.md, which the wiring of the V8 box knows. */
const METER_OUTPUTS = [
  [INPUT_LOAD, 0],
  [COIL_OFF, 1],
  [SOCKET_FORWARD, 3],
  [SOCKET_REVERSE, 4],
];
const HAL_READER_RESET = 6;

/** What is soldered to the meter. */
export interface MeterParts {
  fram: Fram;
  inputs: InputChain;
  outputs: OutputChain;
  wiring: Wiring;
}

/** What is soldered to the panel; `turn` is told the edges of the direction pin. */
export interface PanelParts {
  tubes: TubeChain;
  rtc: Ds3231;
  reader: Reader;
  wiring: Wiring;
  turn: (level: number, now_us: number) => void;
  isDead: () => boolean;
}

export function wireMeter(mcu: PicoMcu, parts: MeterParts): void {
  const { fram, wiring } = parts;
  const isDead = (): boolean => fram.cut;
  mcu.chip.setPull(COIL_OFF, 1);
  for (const [pin, hal_pin] of METER_OUTPUTS) {
    mcu.chip.onPin(pin, (level) => wiring.pinWrite(hal_pin, level === 1 ? 1 : 0));
  }
  wireSpi(mcu, 0, new Map([[FRAM_CS, new FramPins(fram)]]));
  wireSpi(
    mcu,
    1,
    new Map<number, SpiDevice>([
      [INPUTS_INHIBIT, new InputPins(parts.inputs)],
      [COILS_RCLK, new OutputPins(parts.outputs, isDead)],
    ]),
  );
  mcu.chip.adc = (channel, time_us) => wiring.adc(channel, mcu.timeOf(time_us));
}

export function wirePanel(mcu: PicoMcu, parts: PanelParts): void {
  const { chip } = mcu;
  const { wiring } = parts;
  chip.setPull(READER_RESET, 0);
  chip.setPull(LINE_DIRECTION, 0);
  chip.setPull(CLOCK_SDA, 1);
  chip.setPull(CLOCK_SCL, 1);
  chip.onPin(READER_RESET, (level) => wiring.pinWrite(HAL_READER_RESET, level === 1 ? 1 : 0));
  chip.onPin(LINE_DIRECTION, (level, time_us) =>
    parts.turn(level === 1 ? 1 : 0, mcu.timeOf(time_us)),
  );
  wireSpi(mcu, 0, new Map([[TUBES_LOAD, new TubePins(parts.tubes)]]));
  wireSpi(mcu, 1, new Map([[READER_CS, new ReaderPins(parts.reader.chip)]]));
  const clock = new ClockPins(parts.rtc, parts.isDead);
  const i2c = chip.i2c(0);
  i2c.onStart = (address, read) => clock.start(address, read);
  i2c.onWrite = (byte) => clock.write(byte);
  i2c.onRead = () => clock.read();
  i2c.onStop = () => clock.stop();
}

/** Devices of one SPI by their pins. */
function wireSpi(mcu: PicoMcu, port: 0 | 1, devices: Map<number, SpiDevice>): void {
  const all = [...devices.values()];
  const spi = mcu.chip.spi(port);
  spi.selects = [...devices.keys()];
  spi.onExchange = (mosi, _select, time_us) => exchangeAll(all, mosi, mcu.timeOf(time_us));
  for (const [pin, device] of devices) {
    mcu.chip.onPin(pin, (level) => device.edge(level === 0 ? 0 : 1));
  }
}
