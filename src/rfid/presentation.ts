/** States of looking for a card and of one presentation, with the judges of their moves; which sectors
 *  a kind of card has read, and what a failure is called. Pure; cards.ts and flow.ts act. */

import { E_BOX, E_CARD, E_CODE, E_FOREIGN, E_NUMBER_SKIPPED } from "../common/errors";
import { E_READER, E_SEVERAL, E_UNREADABLE } from "../common/errors";
import {
  CARD_SETTINGS,
  CARD_USER,
  RETURN_BLOCK_COUNT,
  SECTOR_LIST_FIRST,
  SECTOR_RETURN_A,
  SECTOR_RETURN_B,
  SECTOR_SLOT_A,
  SECTOR_SLOT_B,
  SLOT_BLOCK_COUNT,
} from "./contents";
import { Talk } from "./session";

export enum Search {
  Resting, // field off until the next look
  Settling, // field on, a card is waking up
  Looking,
  Dealing, // a presentation is under way
}

export const SEARCH_STATE_COUNT: i32 = 4;

/** Whether the search may go from one state to the other; a fault of the reader leads to rest. */
export function searchMayMove(from: Search, to: Search): bool {
  return to == Search.Resting ? from != Search.Resting : to == from + 1;
}

export enum Card {
  Over,
  Directory,
  Keys, // asking the meter for the keys of a sector
  Reading,
  Message, // asking the meter to take a message
  Return, // asking the meter for return data
  Record, // asking the meter for records
  Writing,
  Halting,
}

export const CARD_STATE_COUNT: i32 = 9;

/** Whether a presentation may go from one state to the other. It ends through a halt of the card, but
 *  when the reader fails. */
export function cardMayMove(from: Card, to: Card): bool {
  switch (to) {
    case Card.Over:
      return from != Card.Over;
    case Card.Directory:
      return from == Card.Over;
    case Card.Keys:
      return (
        from == Card.Directory ||
        from == Card.Reading ||
        from == Card.Message ||
        from == Card.Writing
      );
    case Card.Reading:
    case Card.Record:
      return from == Card.Keys;
    case Card.Message:
    case Card.Return:
      return from == Card.Reading;
    case Card.Writing:
      return from == Card.Return || from == Card.Record;
    case Card.Halting:
      return from != Card.Halting;
    default:
      return false;
  }
}

/** First sector that is read of a card of this CARD_ kind. */
export function firstSector(kind: i32): i32 {
  return kind == CARD_SETTINGS ? SECTOR_LIST_FIRST : SECTOR_SLOT_A;
}

/** Which of the two places a sector's contents and keys are kept in, 0 or 1. */
export function placeOf(kind: i32, sector: i32): i32 {
  if (kind != CARD_USER) return 0;
  return sector == SECTOR_SLOT_B || sector == SECTOR_RETURN_B ? 1 : 0;
}

/** How many blocks of a sector are read. */
export function blockCount(kind: i32, sector: i32): i32 {
  return kind == CARD_USER && sector >= SECTOR_RETURN_A ? RETURN_BLOCK_COUNT : SLOT_BLOCK_COUNT;
}

/** Whether a sector is read with key A: purchases and settings are; what the box writes has B. */
export function readsWithA(kind: i32, sector: i32): bool {
  return kind == CARD_SETTINGS || sector <= SECTOR_SLOT_B;
}

/** The E_ that a failed order shows. A card that has gone was pulled away too early. */
export function errorOf(how: Talk): i32 {
  switch (how) {
    case Talk.Denied:
      return E_FOREIGN;
    case Talk.Several:
      return E_SEVERAL;
    case Talk.Fault:
      return E_READER;
    default:
      return E_UNREADABLE;
  }
}

/** Whether a message is none of this box's office: the office may have been stopped writing it. */
export function isStrange(result: i32): bool {
  return result == E_CODE || result == E_BOX;
}

/** Whether the purchase in the other slot may be the one to be taken first. */
export function pointsToOther(result: i32): bool {
  return isStrange(result) || result == E_NUMBER_SKIPPED || result == E_CARD;
}
