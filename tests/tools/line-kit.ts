/** A scripted line for the tests of `meter39`'s line commands: what is sent is kept, what is heard is
 *  told by a function; time passes only in silence. */

import type { LinePort } from "../../tools/line/port.ts";

/** What is heard after the nth (from 0) thing sent, piece by piece; an empty piece is a pause. */
export type Script = (sent: Uint8Array, turn: number) => Uint8Array[];

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replace(/\s/g, ""), "hex"));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}

export class ScriptPort implements LinePort {
  readonly sent: Uint8Array[] = [];
  now_ms = 0;
  closed = false;
  private heard: Uint8Array[] = [];

  constructor(private readonly script: Script) {}

  write(bytes: Uint8Array): Promise<void> {
    this.sent.push(bytes.slice());
    this.heard.push(...this.script(bytes.slice(), this.sent.length - 1));
    return Promise.resolve();
  }

  read(timeout_ms: number): Promise<Uint8Array> {
    if (timeout_ms === 0) {
      this.heard = []; // what nobody waited for
      return Promise.resolve(new Uint8Array());
    }
    let next = this.heard.shift();
    while (next !== undefined && next.length === 0) next = this.heard.shift();
    this.now_ms += next === undefined ? timeout_ms : 1;
    return Promise.resolve(next ?? new Uint8Array());
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
