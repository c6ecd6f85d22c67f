/** States of the talk with one card and the judge of their moves. Pure; session.port.ts acts. */

export enum Session {
  Closed, // the card is anywhere
  Waking,
  Anticollision,
  Selecting,
  Active, // selected, nothing opened
  Authenticating,
  Open, // one sector is open
  Reading,
  WriteAsking,
  Writing,
  Halting,
  FieldOff, // resets what nothing else recovers
  FieldOn,
}

export const SESSION_STATE_COUNT: i32 = 13;

function isBusy(state: Session): bool {
  return state != Session.Closed && state < Session.FieldOff;
}

/** Whether the talk may go from one state to the other. A failure closes it from anywhere. */
export function sessionMayMove(from: Session, to: Session): bool {
  switch (to) {
    case Session.Closed:
      return isBusy(from) || from == Session.FieldOn;
    case Session.Waking:
    case Session.FieldOff:
      return from == Session.Closed;
    case Session.Anticollision:
      return from == Session.Waking || from == Session.Selecting;
    case Session.Authenticating:
    case Session.Halting:
      return from == Session.Active || from == Session.Open;
    case Session.Open:
      return from == Session.Authenticating || from == Session.Reading || from == Session.Writing;
    case Session.WriteAsking:
      return from == Session.Open;
    default:
      return to == from + 1; // what follows in the order of the states above
  }
}

/** How an order to the session ended. */
export enum Talk {
  Pending,
  Done,
  Nobody, // clean silence: no card, or it has gone
  Denied, // a card is there and does not take the key
  Unreadable, // something is there; or not the same card any more
  Several,
  Fault, // the reader chip
}
