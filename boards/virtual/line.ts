/** A half-duplex RS485 line with any number of boxes and hosts: what one sends reaches all the others a
 *  character time later, and not itself. Two that talk at once garble each other; another speed or format
 *  loses the bytes. Boxes of one line share its time and are stepped together (fleet.ts). */

import { LinePort, type Bus } from "./devices/line-port.ts";
import { FORMAT_8E1 } from "./devices/uart.ts";
import { Wire, type Character } from "./devices/wire.ts";
import { Random } from "./random.ts";

export type { Character } from "./devices/wire.ts";

/** src/rs485/SPEC.md: the speed of a new box. */
const LINE_BAUD = 9600;
/** No box is further behind than that: what is older may be forgotten. */
const SLACK_US = 100_000;
const HOST_LIMITS = { receive: Infinity, transmit: Infinity, guard: Infinity };

/** A computer on the line, at the time of the line. */
export class LineHost {
  constructor(
    private readonly port: LinePort,
    private readonly nowUs: () => number,
    private readonly remove: (port: LinePort) => void,
  ) {}

  /** Queues bytes, which leave with their character times. */
  send(bytes: Uint8Array): void {
    this.port.write(bytes, 0, bytes.length, this.nowUs());
  }

  /** Takes what has arrived; bytes that were lost are missing. */
  receive(): Uint8Array {
    const now_us = this.nowUs();
    const bytes = new Uint8Array(this.port.available(now_us));
    if (this.port.read(bytes, 0, bytes.length, now_us) < 0) {
      this.port.read(bytes, 0, bytes.length, now_us);
    }
    return bytes;
  }

  /** Own bytes that have not left yet. */
  get pending(): number {
    return this.port.pending(this.nowUs());
  }

  /** Another speed (baud) and format (FORMAT_) from now on; what has arrived stays. */
  open(baud: number, format: number): void {
    this.port.retune(baud, format, this.nowUs());
  }

  /** Leaves the line; what it is sending breaks off. */
  detach(): void {
    this.remove(this.port);
  }
}

export class Line implements Bus {
  /** Fault injection: returns what really goes out of one write; `from` is the name of a box or host. */
  tap?: (from: string, bytes: Uint8Array) => Uint8Array;
  /** Told each character when it is queued; a collision or a cut may still spoil it. */
  onCharacter?: (from: string, character: Character) => void;
  readonly wire: Wire;

  private ports: LinePort[] = [];
  private port_count = 0;
  private clockUs: () => number = () => 0;

  /** `seed`: of what collisions make of the bytes. */
  constructor(seed = 1) {
    this.wire = new Wire(
      new Random(seed),
      () => this.ports.reduce((place, port) => Math.max(place, port.place), this.wire.first),
      (now_us) => this.makeRoom(now_us),
    );
  }

  /** Time of the line, us: that of its boxes. */
  get now_us(): number {
    return this.clockUs();
  }

  /** The transceiver of a box, closed; `clockUs` is the time of that box. */
  attach(name: string, clockUs: () => number): LinePort {
    this.clockUs = clockUs;
    return this.add(name);
  }

  /** A host, which has this speed and format until it opens another one. */
  host(name = "host", baud = LINE_BAUD, format = FORMAT_8E1): LineHost {
    const port = this.add(name, HOST_LIMITS);
    port.open(baud, format, this.now_us);
    return new LineHost(
      port,
      () => this.now_us,
      (leaving) => {
        leaving.close(this.now_us);
        this.ports = this.ports.filter((other) => other !== leaving);
      },
    );
  }

  private add(name: string, limits?: typeof HOST_LIMITS): LinePort {
    const port = new LinePort(name, ++this.port_count, this, limits);
    this.ports.push(port);
    return port;
  }

  /** Forgets the characters that every open port has looked at. */
  private makeRoom(now_us: number): void {
    let first = this.wire.next;
    for (const port of this.ports) {
      if (!port.opened) continue;
      port.settle(now_us - SLACK_US);
      first = Math.min(first, port.place);
    }
    this.wire.first = first;
  }
}
