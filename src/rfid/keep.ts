/** Writes blocks 0..2 of a sector and reads them back. Before a return slot is overwritten its last
 *  block is emptied, so that what is cut short looks so; block 2 is also the last one written. */

import { equalBytes } from "../common/bytes";
import { BLOCK_SIZE, KEY_B, SECTOR_BLOCK_COUNT } from "./mifare";
import { sessionBlock, sessionRead, sessionWrite } from "./session.port";

export enum Keep {
  Emptying,
  Writing,
  Checking,
  Kept,
  Failed, // what was read back is something else, also the second time
}

export const KEEP_STATE_COUNT: i32 = 5;
const COUNT: i32 = SECTOR_BLOCK_COUNT - 1;
const WRITE_COUNT: i32 = 2;

const blocks: usize = memory.data(48);
const empty: usize = memory.data(16);
if (COUNT * BLOCK_SIZE != 48) ERROR("blocks do not fit");

let state: Keep = 0; // Keep.Emptying
let sector: i32 = 0;
let key: usize = 0;
let index: i32 = 0;
let writes: i32 = 0;

/** Whether the writing of a sector may go from one state to the other. */
export function keepMayMove(from: Keep, to: Keep): bool {
  switch (to) {
    case Keep.Writing:
      return from == Keep.Emptying || from == Keep.Checking;
    case Keep.Checking:
      return from == Keep.Writing;
    case Keep.Kept:
    case Keep.Failed:
      return from == Keep.Checking;
    default:
      return false;
  }
}

function move(to: Keep): void {
  assert(keepMayMove(state, to));
  state = to;
}

/** The 48 bytes that are to be written. */
export function keepBlocks(): usize {
  return blocks;
}

function write(): void {
  sessionWrite(sector * SECTOR_BLOCK_COUNT + index, KEY_B, key, blocks + index * BLOCK_SIZE);
}

/** Orders the first write of keepBlocks() to a sector with its key B (6 bytes, to be kept);
 *  `used`: the sector holds something that is whole. */
export function keepStart(of_sector: i32, of_key: usize, used: bool): void {
  sector = of_sector;
  key = of_key;
  index = 0;
  writes = 0;
  if (used) {
    state = Keep.Emptying;
    sessionWrite(sector * SECTOR_BLOCK_COUNT + COUNT - 1, KEY_B, key, empty);
  } else {
    state = Keep.Writing;
    write();
  }
}

function check(): void {
  sessionRead(sector * SECTOR_BLOCK_COUNT + index, KEY_B, key);
}

function takeWritten(): void {
  index++;
  if (index < COUNT) {
    write();
    return;
  }
  index = 0;
  move(Keep.Checking);
  check();
}

function takeRead(): void {
  const right = equalBytes(sessionBlock(), blocks + index * BLOCK_SIZE, BLOCK_SIZE);
  index = right ? index + 1 : 0;
  if (!right) {
    writes++;
    move(writes < WRITE_COUNT ? Keep.Writing : Keep.Failed);
    if (state == Keep.Writing) write();
  } else if (index < COUNT) {
    check();
  } else {
    move(Keep.Kept);
  }
}

/** The order was carried out: orders the next one. Keep.Kept or Keep.Failed: there is none. */
export function keepTake(): Keep {
  if (state == Keep.Emptying) {
    move(Keep.Writing);
    write();
  } else if (state == Keep.Writing) {
    takeWritten();
  } else {
    takeRead();
  }
  return state;
}
