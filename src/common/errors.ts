/** Results and error numbers of the whole product: 0 done, negative refused. The tubes show the
 *  number without its sign as "Err nn"; docs/MANUAL.md tells what each means to a resident. */

export const OK: i32 = 0;
export const REPEAT: i32 = 1; // the last accepted message again: nothing changed, same result

export const E_CODE: i32 = -1; // the code does not belong to the message
export const E_BOX: i32 = -2; // the message is for another box
export const E_HOUSEHOLD: i32 = -3; // no such household in this box
export const E_NUMBER_OLD: i32 = -4; // this purchase or an older one is loaded already
export const E_NUMBER_SKIPPED: i32 = -5; // a purchase before this one is missing
export const E_LIMIT: i32 = -6; // above the hoarding limit or 99999.9
export const E_KIND: i32 = -7; // a kind of message that this box does not know
export const E_SETTING: i32 = -8; // no such setting
export const E_RANGE: i32 = -9; // a value outside its range
export const E_LAYOUT: i32 = -10; // a channel would serve two households
export const E_PHASE: i32 = -11; // a three-phase household on equal phases
export const E_BOOKS_OPEN: i32 = -12; // cannot change: energy or credit is already booked on it
export const E_BLANK: i32 = -13; // the box has no number and key yet
export const E_LOCKED: i32 = -14; // the box has its number and key already
export const E_REQUEST: i32 = -15; // malformed or unknown request
export const E_NOTHING: i32 = -16; // nothing there: no such event
export const E_CARD: i32 = -17; // not the card of this household
export const E_SERVICE: i32 = -18; // only within two minutes of power-up with the service switch closed
export const E_STORE: i32 = -20; // memory missing, damaged, or of an unknown format
export const E_METER: i32 = -21; // panel: the meter MCU does not answer
export const E_CLOCK: i32 = -22; // panel: the clock has lost the time
export const E_BUSY: i32 = -23; // a clear is under way: show the card again
export const E_PASSWORD: i32 = -24; // line: the password is wrong or its level too low
export const E_WAIT: i32 = -25; // line: too many wrong passwords or codes; locked for an hour
export const E_EXPIRED: i32 = -26; // line: the command's validity is over, or it was taken already
export const E_OVERDRAWN: i32 = -27; // line: a household without credit is not closed
export const E_LINE: i32 = -28; // panel: the card's box does not answer on the line
export const E_READER: i32 = -30; // panel: the card reader does not answer
export const E_UNREADABLE: i32 = -31; // panel: the card cannot be read; hold it still, or have it replaced
export const E_SEVERAL: i32 = -32; // panel: more than one card in the field
export const E_FOREIGN: i32 = -33; // panel: not a card of this system
