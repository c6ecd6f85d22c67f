/** What can go wrong on the line, apart from wrong options: all of it ends the program with 1. */

/** The line or a box failed; the message is for the user. */
export class LineError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LineError";
  }
}

/** Nobody answered, after all retries. */
export class NoAnswerError extends LineError {
  constructor(
    who: string,
    readonly tries: number,
  ) {
    super(`${who} did not answer (asked ${tries} ${tries === 1 ? "time" : "times"})`);
    this.name = "NoAnswerError";
  }
}

/** A box answered that it will not. */
export class RefusedError extends LineError {
  constructor(
    message: string,
    /** The box's error number (src/common/errors.ts, without sign); 0 when it told none. */
    readonly result: number,
    /** Error word of DL/T 645 or exception code of Modbus. */
    readonly code: number,
  ) {
    super(message);
    this.name = "RefusedError";
  }
}
