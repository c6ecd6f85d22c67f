/** Whether a card at the reader is a new presentation. A card that was dealt with must be taken away
 *  first: only clean silence, several times in a row, is a removal; anything else that is heard is
 *  the card. Another card than the one dealt with is new at once. Pure. */

import { copyBytes, equalBytes } from "../common/bytes";
import { UID_SIZE } from "./mifare";
import { Talk } from "./session";

export enum Presence {
  Nothing, // nothing to be done
  Fresh, // a card to be dealt with
  Several, // to be told, once
  Blurred, // to be told, once: something is there that cannot be read
}

const SILENCE_COUNT: i32 = 3;
const BLUR_COUNT: i32 = 3;

const uid: usize = memory.data(4);
if (UID_SIZE != 4) ERROR("a UID does not fit");

let present: bool = false; // something was dealt with and has not been taken away
let known: bool = false; // and its UID is `uid`
let told_several: bool = false;
let silences: i32 = 0; // in a row, while present
let blurs: i32 = 0; // in a row

/** Nobody there. */
export function presenceInit(): void {
  present = false;
  known = false;
  told_several = false;
  silences = 0;
  blurs = 0;
}

function silent(): Presence {
  blurs = 0;
  if (!present) return Presence.Nothing;
  silences++;
  if (silences >= SILENCE_COUNT) presenceInit();
  return Presence.Nothing;
}

function several(): Presence {
  present = true;
  if (told_several) return Presence.Nothing;
  told_several = true;
  return Presence.Several;
}

function blurred(): Presence {
  if (present) return Presence.Nothing;
  blurs++;
  if (blurs < BLUR_COUNT) return Presence.Nothing;
  present = true;
  return Presence.Blurred;
}

/** Judges how a search ended; `found` is the UID of the card when it ended with Talk.Done. */
export function presenceJudge(how: Talk, found: usize): Presence {
  if (how == Talk.Nobody) return silent();
  silences = 0;
  if (how == Talk.Several) return several();
  if (how != Talk.Done) return blurred();
  blurs = 0;
  told_several = false;
  if (known && equalBytes(uid, found, UID_SIZE)) return Presence.Nothing;
  present = true;
  known = true;
  copyBytes(uid, found, UID_SIZE);
  return Presence.Fresh;
}

/** Whether the last search was silent although a card has not been taken away: look again soon. */
export function presenceDoubtful(): bool {
  return silences > 0;
}
