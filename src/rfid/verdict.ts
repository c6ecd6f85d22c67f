/** What a presentation has to say, once. Pure; panel.ts brings it to the tubes. */

import { OK } from "../common/errors";

export enum Shown {
  Nothing,
  Reply, // the meter's reply at cardsReply(), CARD_MESSAGE_REPLY_SIZE bytes
  Refused, // cardsError() with cardsHousehold()
  Done, // a management card has done its work
}

let shown: Shown = 0; // Shown.Nothing
let told: bool = false;
let error: i32 = 0;
let household: i32 = 0;

/** A new presentation: nothing was said yet. */
export function verdictInit(): void {
  shown = Shown.Nothing;
  told = false;
  error = OK;
  household = 0;
}

/** Household the presentation is about, 0 none. */
export function verdictAbout(of_household: i32): void {
  household = of_household;
}

/** Says so, unless something was said already. */
export function verdictTell(what: Shown): void {
  if (told) return;
  told = true;
  shown = what;
}

/** The same for a refusal with an E_ number. */
export function verdictRefuse(of_error: i32): void {
  if (told) return;
  error = of_error;
  verdictTell(Shown.Refused);
}

/** Whether something was said. */
export function verdictTold(): bool {
  return told;
}

/** What was said since the last call. */
export function verdictTake(): Shown {
  const result = shown;
  shown = Shown.Nothing;
  return result;
}

/** The E_ of Shown.Refused. */
export function cardsError(): i32 {
  return error;
}

/** Household the presentation is about, 0 none. */
export function cardsHousehold(): i32 {
  return household;
}
