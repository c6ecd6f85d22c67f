/** States of the reader chip and the judge of their moves. Pure; reader.port.ts acts. */

export enum Reader {
  Held, // in reset
  Starting, // waits for version and oscillator
  SettingUp,
  Ready,
  Missing, // does not answer; tried again after a while
}

export const READER_STATE_COUNT: i32 = 5;

/** Whether the reader may go from one state to the other. Every fault leads through a reset. */
export function readerMayMove(from: Reader, to: Reader): bool {
  switch (from) {
    case Reader.Held:
      return to == Reader.Starting;
    case Reader.Starting:
      return to == Reader.SettingUp || to == Reader.Missing;
    case Reader.SettingUp:
      return to == Reader.Ready;
    case Reader.Ready:
    case Reader.Missing:
      return to == Reader.Held;
    default:
      return false;
  }
}
