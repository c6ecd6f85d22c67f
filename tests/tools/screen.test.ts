/** The digits on the screen are those on the tubes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { segmentArt } from "../../tools/simulate/screen.ts";

test("segments become strokes: 8 with its point, 7, 2, dark", () => {
  assert.deepEqual(segmentArt(0xff), [" _  ", "|_| ", "|_|."]);
  assert.deepEqual(segmentArt(0x70), [" _  ", "  | ", "  | "]);
  assert.deepEqual(segmentArt(0x6d), [" _  ", " _| ", "|_  "]);
  assert.deepEqual(segmentArt(0), ["    ", "    ", "    "]);
});
