/** Cards that are none of this system's: NFC Forum type 2 tags and cards of ISO/IEC 14443-4. They do
 *  what a reader needs to see that they are foreign, and no more. */

import { Card, uidParts } from "./card.ts";
import { withCrc, type Answer } from "./frame.ts";

const PAGE_SIZE = 4;
const PAGES_READ = 4;
const READ = 0x30;
const WRITE = 0xa2;
const NAK = 0x0;
const RATS = 0xe0;
/** Time a tag programs a page: "4.1 ms". */
const WRITE_US = 4100;
const READ_US = 300;

/** A card that knows neither sessions nor anything that is not a command. */
abstract class PlainCard extends Card {
  protected override forget(): void {
    // It has no session.
  }

  protected override corrupt(): null {
    return this.fallBack();
  }

  protected override prove(): null {
    return this.fallBack();
  }

  protected override whenAsleep(): null {
    return null;
  }
}

/** MIFARE Ultralight (MF0ICU1): 7-byte UID, SAK 00, 16 pages without keys. */
export class UltralightCard extends PlainCard {
  readonly type = "MIFARE Ultralight";
  readonly memory = new Uint8Array(64);

  constructor(uid: Uint8Array) {
    const parts = uidParts(uid);
    super(uid, parts, 0x0044, 0x00);
    this.memory.set([...uid.subarray(0, 3), parts[0][4], ...uid.subarray(3), parts[1][4]]);
  }

  protected override command(body: Uint8Array): Answer | null {
    if (this.isHalt(body)) return this.halt();
    const [code, page] = body;
    const pages = this.memory.length / PAGE_SIZE;
    if (code === READ && body.length === 2 && page < pages) {
      const bytes = Array.from({ length: PAGES_READ * PAGE_SIZE }, (_, i) => {
        return this.memory[(page * PAGE_SIZE + i) % this.memory.length]; // rolls over
      });
      return this.answer(withCrc(bytes), READ_US);
    }
    if (code === WRITE && body.length === 2 + PAGE_SIZE && page >= PAGE_SIZE && page < pages) {
      this.memory.set(body.subarray(2), page * PAGE_SIZE);
      return this.acknowledge(WRITE_US);
    }
    this.fallBack();
    return this.nibble(NAK);
  }
}

/** A smart card of ISO/IEC 14443-4: SAK 20, answers RATS and then nothing that is not its protocol. */
export class IsoDepCard extends PlainCard {
  readonly type = "ISO-DEP";

  constructor(uid: Uint8Array, sak = 0x20) {
    super(uid, uidParts(uid), 0x0004 | (uid.length > 4 ? 0x0040 : 0), sak);
  }

  protected override command(body: Uint8Array): Answer | null {
    if (this.isHalt(body)) return this.halt();
    if (body[0] !== RATS || body.length !== 2) return this.fallBack();
    return this.answer(withCrc([0x05, 0x78, 0x80, 0x70, 0x02]), READ_US); // ATS
  }
}
