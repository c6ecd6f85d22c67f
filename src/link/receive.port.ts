/** Brings the bytes of a UART to a receiver and watches for gaps. Serves both UARTs and both
 *  MCUs. */

import { UART_LOST, uart_idle_us, uart_read } from "../hal";
import { GAP_US } from "./frame";
import {
  receiverAdd,
  receiverFrame,
  receiverGap,
  receiverInit,
  receiverPending,
  receiverRoom,
  receiverTail,
} from "./receiver";

export const RECEIVED_NOTHING: i32 = 0;

/** Reads what has come on `port`; returns the number of bytes, or RECEIVED_NOTHING. Lost bytes make
 *  the receiver start anew: the asker repeats. */
export function receive(port: i32, receiver: usize): i32 {
  const tail = receiverTail(receiver);
  const room = receiverRoom(receiver);
  const size = room > 0 ? uart_read(port, tail, room) : 0;
  if (size > 0) {
    receiverAdd(receiver, size);
    return size;
  }
  if (size == UART_LOST) {
    receiverInit(receiver);
  } else if (receiverPending(receiver) && uart_idle_us(port) > GAP_US) {
    receiverGap(receiver);
  }
  return RECEIVED_NOTHING;
}

/** The next right frame on `port`, or 0; see receiverFrame(). */
export function receiveFrame(port: i32, receiver: usize): usize {
  if (receive(port, receiver) == RECEIVED_NOTHING && !receiverPending(receiver)) return 0;
  return receiverFrame(receiver);
}
