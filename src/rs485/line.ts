/** States of the RS485 port and the judge of their moves. Pure; line.port.ts acts. */

export enum Line {
  Listening,
  Held, // a request was found, the meter is still asked about the one before
  Serving,
  Answering, // the answer waits for its time
  Sending,
}

export const LINE_STATE_COUNT: i32 = 5;

/** Whether the port may go from one state to the other. */
export function lineMayMove(from: Line, to: Line): bool {
  switch (to) {
    case Line.Listening:
      return from != Line.Listening;
    case Line.Held:
      return from == Line.Listening;
    case Line.Serving:
      return from == Line.Listening || from == Line.Held;
    case Line.Answering:
      return from == Line.Serving;
    case Line.Sending:
      return from == Line.Answering || from == Line.Listening; // or on behalf of the reader
    default:
      return false;
  }
}
