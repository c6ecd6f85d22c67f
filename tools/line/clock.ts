/** Clocks of boxes: how far they are off, setting one, telling all. */

import type { Desk } from "../card/sale.ts";
import { timeText } from "../card/words.ts";
import { MESSAGE_SETTING } from "../office/message.ts";
import { SETTINGS } from "../simulate/office-codes.ts";
import { credentials, sendSigned, type Password } from "./authority.ts";
import type { DltTalker } from "./by-dlt.ts";
import { C_WRITE, identifierBytes } from "./dlt.ts";
import type { Row } from "./read.ts";
import type { BoxPlace, Sender, Talker } from "./talker.ts";
import { boxTime, dateTimeBytes } from "./times.ts";

const DATE_TIME = "0400010C";

/** Time of a box and by how many seconds it is ahead. */
export async function clockRow(talker: Talker, box: BoxPlace, now: () => Date): Promise<Row> {
  const time = await talker.clock(box);
  const office = boxTime(now());
  const ahead_s = time === 0 ? "" : String(time - office);
  return { box: box.number, time: timeText(time), office: timeText(office), ahead_s };
}

export async function setClockSigned(
  desk: Desk,
  talker: Sender,
  box: BoxPlace,
  time: number,
): Promise<void> {
  await sendSigned(desk, talker, box, {
    kind: MESSAGE_SETTING,
    scope: "box",
    index: 0,
    value: time,
    flags: SETTINGS.clock.id,
  });
}

export async function setClockByPassword(
  talker: DltTalker,
  box: BoxPlace,
  time: number,
  password: Password,
): Promise<void> {
  const name = identifierBytes(DATE_TIME);
  const body = Uint8Array.of(...name, ...credentials(password), ...dateTimeBytes(time));
  await talker.master.command(talker.addressOf(box), C_WRITE, body);
}
