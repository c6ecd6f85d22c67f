/** What the pins of the two microcontrollers are wired to. Numbers are those of boards/HAL.md. A
 *  number that a board does not have is the core's fault. */

import { CoreFault } from "./errors.ts";
import { DS3231_ADDRESS, type Ds3231 } from "./devices/ds3231.ts";
import type { Fram } from "./devices/fram.ts";
import type { InputChain } from "./devices/hc165.ts";
import type { OutputChain } from "./devices/hc595.ts";
import type { Mains } from "./devices/mains.ts";
import type { TubeChain } from "./devices/max7219.ts";
import { READER_BYTE_US } from "./devices/mfrc522.ts";
import type { SerialPort } from "./devices/uart.ts";
import type { Reader } from "./reader.ts";

const SPI_FRAM = 0;
const SPI_INPUTS = 1;
const SPI_COILS = 2;
const SPI_TUBES = 3;
const SPI_READER = 4;
const PIN_INPUT_LOAD = 0;
const PIN_COIL_OFF = 1;
const PIN_SOCKET_VERIFY = 2;
const PIN_SOCKET_FORWARD = 3;
const PIN_SOCKET_REVERSE = 4;
const PIN_SERVICE = 5;
const PIN_READER_RESET = 6;
const I2C_NO_ACKNOWLEDGE = -1;
const I2C_BUS_STUCK = -2;

/** 8 bits at 8 MHz. */
const SPI_BYTE_US = 1;

export interface Wiring {
  /** Ports by number. */
  readonly uarts: SerialPort[];
  /** Time of one byte on an SPI device, us. */
  spiByteUs(device: number): number;
  spi(device: number, memory: Uint8Array, offset: number, size: number): void;
  i2c(device: number, memory: Uint8Array, offset: number, writes: number, reads: number): number;
  pinRead(pin: number): number;
  pinWrite(pin: number, level: number): void;
  adc(channel: number, time_us: number): number;
  /** The core stopped: pins are inputs again, pull-ups decide. */
  release(): void;
}

function unknown(what: string, number: number): CoreFault {
  return new CoreFault(`no ${what} ${number} on this board`);
}

/** Called when a socket output changes. */
export type SocketChange = (pin: 1 | 7, level: 0 | 1) => void;

export class MeterWiring implements Wiring {
  readonly uarts: SerialPort[];
  /** Socket pins 4 and 6 are shorted. */
  socket_short = false;
  /** The service switch under the seal is closed. */
  service_closed = false;
  private readonly socket_levels = [0, 0];

  constructor(
    private readonly fram: Fram,
    private readonly inputs: InputChain,
    private readonly outputs: OutputChain,
    private readonly mains: Mains,
    link: SerialPort,
    private readonly onSocket: SocketChange,
  ) {
    this.uarts = [link];
  }

  spiByteUs(): number {
    return SPI_BYTE_US;
  }

  spi(device: number, memory: Uint8Array, offset: number, size: number): void {
    if (device === SPI_INPUTS) this.inputs.transfer(memory, offset, size);
    else if (device === SPI_FRAM) this.fram.transfer(memory, offset, size);
    else if (device !== SPI_COILS) throw unknown("SPI device", device);
    else if (!this.fram.cut) this.outputs.transfer(memory, offset, size); // else power is gone
  }

  /** The meter's bus has no device. */
  i2c(): number {
    return I2C_NO_ACKNOWLEDGE;
  }

  pinRead(pin: number): number {
    if (pin === PIN_SERVICE) return this.service_closed ? 0 : 1;
    if (pin !== PIN_SOCKET_VERIFY) throw unknown("input pin", pin);
    return this.socket_short ? 0 : 1;
  }

  pinWrite(pin: number, level: number): void {
    if (pin === PIN_INPUT_LOAD) this.inputs.setLoad(level);
    else if (this.fram.cut) return;
    else if (pin === PIN_COIL_OFF) this.outputs.setOutputOff(level);
    else if (pin === PIN_SOCKET_FORWARD) this.socket(0, level);
    else if (pin === PIN_SOCKET_REVERSE) this.socket(1, level);
    else throw unknown("output pin", pin);
  }

  adc(channel: number, time_us: number): number {
    if (channel !== 0 && channel !== 1 && channel !== 2) throw unknown("analogue input", channel);
    return this.mains.sample(channel, time_us);
  }

  release(): void {
    this.inputs.setLoad(1);
    this.outputs.setOutputOff(1);
    this.socket(0, 0);
    this.socket(1, 0);
  }

  private socket(index: number, level: number): void {
    if (this.socket_levels[index] === level) return;
    this.socket_levels[index] = level;
    this.onSocket(index === 0 ? 1 : 7, level === 0 ? 0 : 1);
  }
}

export class PanelWiring implements Wiring {
  readonly uarts: SerialPort[];
  /** The I2C bus is held low by a disturbed device. */
  i2c_stuck = false;

  constructor(
    private readonly tubes: TubeChain,
    private readonly rtc: Ds3231,
    private readonly reader: Reader,
    link: SerialPort,
    line: SerialPort,
  ) {
    this.uarts = [link, line];
  }

  spiByteUs(device: number): number {
    return device === SPI_READER ? READER_BYTE_US : SPI_BYTE_US;
  }

  spi(device: number, memory: Uint8Array, offset: number, size: number): void {
    if (device === SPI_TUBES) this.tubes.transfer(memory, offset, size);
    else if (device === SPI_READER) this.reader.transfer(memory, offset, size);
    else throw unknown("SPI device", device);
  }

  i2c(device: number, memory: Uint8Array, offset: number, writes: number, reads: number): number {
    if (this.i2c_stuck) return I2C_BUS_STUCK;
    if (device !== DS3231_ADDRESS) return I2C_NO_ACKNOWLEDGE;
    this.rtc.exchange(memory, offset, writes, reads);
    return 0;
  }

  pinRead(pin: number): number {
    throw unknown("input pin", pin);
  }

  pinWrite(pin: number, level: number): void {
    if (pin !== PIN_READER_RESET) throw unknown("output pin", pin);
    this.reader.setReset(level);
  }

  adc(channel: number): number {
    throw unknown("analogue input", channel);
  }

  release(): void {
    this.reader.setReset(0); // pulled down; the tubes keep what was loaded last
  }
}
