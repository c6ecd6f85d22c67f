/** Device identification, function 2B/0E. Source: Modbus application protocol v1.1b3, 6.21. */

import { copyBytes } from "../../common/bytes";
import { BAD_ADDRESS, BAD_FUNCTION, BAD_VALUE } from "./exceptions";

const TYPE: u8 = 0x0e;
const CODE_BASIC: i32 = 1;
const CODE_ONE: i32 = 4;
const CONFORMITY: u8 = 0x82; // regular objects, as a stream or one by one
const REQUEST_SIZE: i32 = 3;
const HEAD_SIZE: i32 = 6;

const OBJECT_BASIC_LAST: i32 = 0x02;
const OBJECT_MODEL: i32 = 0x05;

// Behind each other: object, size, text
// 00 "meter39", 01 "M39", 02 "1", 05 "prepaid meter, 39 households"
const OBJECT_COUNT: i32 = 4;
const objects: usize = memory.data<u8>([
  0x00, 7, 0x6d, 0x65, 0x74, 0x65, 0x72, 0x33, 0x39, 0x01, 3, 0x4d, 0x33, 0x39, 0x02, 1, 0x31, 0x05,
  28, 0x70, 0x72, 0x65, 0x70, 0x61, 0x69, 0x64, 0x20, 0x6d, 0x65, 0x74, 0x65, 0x72, 0x2c, 0x20,
  0x33, 0x39, 0x20, 0x68, 0x6f, 0x75, 0x73, 0x65, 0x68, 0x6f, 0x6c, 0x64, 0x73,
]);

function objectExists(id: i32): bool {
  return (id >= 0 && id <= OBJECT_BASIC_LAST) || id == OBJECT_MODEL;
}

/** Answers the `size` bytes after the function code at `request`; puts what follows the function code
 *  to `answer`. Returns its size, or minus an exception. */
export function identify(request: usize, size: i32, answer: usize): i32 {
  if (size < 1 || load<u8>(request) != TYPE) return -BAD_FUNCTION;
  if (size != REQUEST_SIZE) return -BAD_VALUE;
  const code = <i32>load<u8>(request, 1);
  if (code < CODE_BASIC || code > CODE_ONE) return -BAD_VALUE;
  const asked = <i32>load<u8>(request, 2);
  const one = code == CODE_ONE;
  if (one && !objectExists(asked)) return -BAD_ADDRESS;
  // A stream that is to begin with an unknown object begins with the first.
  const first = objectExists(asked) ? asked : 0;
  const last = one ? asked : code == CODE_BASIC ? OBJECT_BASIC_LAST : OBJECT_MODEL;
  let to = HEAD_SIZE;
  let from = objects;
  let listed: u8 = 0;
  for (let i = 0; i < OBJECT_COUNT; i++) {
    const id = <i32>load<u8>(from);
    const object_size = 2 + <i32>load<u8>(from, 1);
    if (id >= first && id <= last) {
      copyBytes(answer + to, from, <u32>object_size);
      to += object_size;
      listed++;
    }
    from += object_size;
  }
  store<u8>(answer, TYPE);
  store<u8>(answer, <u8>code, 1);
  store<u8>(answer, CONFORMITY, 2);
  store<u8>(answer, 0, 3); // nothing more follows
  store<u8>(answer, 0, 4);
  store<u8>(answer, listed, 5);
  return to;
}
