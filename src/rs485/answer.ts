/** The one answer that is being made for RS485: its bytes, and what a handler says of it. Handlers of
 *  all protocols share it, since one request is served at a time. */

export const ANSWER_SIZE_MAX: i32 = 256; // what a transmitter takes at once

export const SERVE_PENDING: i32 = -1; // the meter has been asked, the answer is not known yet
export const SERVE_SILENT: i32 = 0; // there is nothing to answer

const bytes: usize = memory.data(256);
if (ANSWER_SIZE_MAX != 256) ERROR("an answer does not fit");

/** Where an answer is put, ANSWER_SIZE_MAX bytes. */
export function answerBytes(): usize {
  return bytes;
}
