/** States of the panel's side of the link and the judge of their moves. Pure; master.port.ts
 *  acts. */

export enum Link {
  Idle, // nothing asked
  Waiting, // a request is out, repeated until its reply comes
  Lost, // the meter was silent for SILENCE_MS; the request is given up
  Probing, // a poll is out, repeated until the meter is back
}

export const LINK_STATE_COUNT: i32 = 4;

/** Whether the link may go from one state to the other. */
export function linkMayMove(from: Link, to: Link): bool {
  switch (from) {
    case Link.Idle:
      return to == Link.Waiting;
    case Link.Waiting:
      return to == Link.Idle || to == Link.Lost;
    case Link.Lost:
      return to == Link.Probing;
    case Link.Probing:
      return to == Link.Idle;
    default:
      return false;
  }
}
