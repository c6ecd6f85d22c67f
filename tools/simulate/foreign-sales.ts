/** What masters from outside sell on a simulated line. Looks for signed messages in what they send, in
 *  whichever frames: the simulated office, whose keys they are signed with, takes them into its books, so
 *  that the accountant and the residents' next purchases know of them. */

import { MESSAGE_CREDIT, MESSAGE_SIZE, isSigned, readMessage } from "../office/message.ts";
import type { Message } from "../office/message.ts";
import type { Simulation } from "./simulation.ts";

/** DL/T 645-2007, 5.2.6: each byte of data is sent with 33h added. */
const SHIFT = 0x33;
/** After that the box has taken a purchase or refused it. */
const TAKEN_S = 10;

interface Sold {
  simulation: Simulation;
  message: Message;
  judge_s: number;
}

export class ForeignSales {
  private readonly sold: Sold[] = [];
  private readonly boxes = new Map<string, Simulation>();

  constructor(simulations: Simulation[]) {
    for (const simulation of simulations) this.boxes.set(simulation.office.box_number, simulation);
  }

  /** An ear for one master, to be given all that it sends. */
  ear(): (bytes: Uint8Array) => void {
    let heard = new Uint8Array(0);
    return (bytes) => {
      heard = Uint8Array.of(...heard, ...bytes);
      for (let at = 0; at + MESSAGE_SIZE <= heard.length; at++) {
        const piece = heard.subarray(at, at + MESSAGE_SIZE);
        this.look(piece);
        this.look(piece.map((byte) => byte - SHIFT));
      }
      heard = heard.slice(Math.max(0, heard.length - MESSAGE_SIZE + 1));
    };
  }

  /** Judges what was sold some time ago by the memory of its box. */
  due(): void {
    while (this.sold.length > 0 && this.sold[0].simulation.now_s >= this.sold[0].judge_s) {
      const { simulation, message } = this.sold.shift()!;
      simulation.read(message.index, () => undefined); // the office learns what was accepted
      simulation.office.withdraw(message.index, message.number);
    }
  }

  private look(bytes: Uint8Array): void {
    const message = readMessage(bytes);
    const simulation = message === null ? undefined : this.boxes.get(message.box_number);
    if (message === null || simulation === undefined) return;
    if (!isSigned(simulation.office.key, bytes)) return;
    simulation.office.takeOver(message, bytes.slice());
    if (message.kind !== MESSAGE_CREDIT) return;
    this.sold.push({ simulation, message, judge_s: simulation.now_s + TAKEN_S });
  }
}
