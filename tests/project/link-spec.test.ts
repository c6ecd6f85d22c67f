/** src/link/SPEC.md against src/link/frame.ts: every offset, size, kind and flag bit of the page has
 *  its constant with that value, and frame.ts has no offset that the page lacks. The page names its
 *  fields in words, so the names are matched here. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { numbersOf } from "./evaluate.js";
import { tableBelow, tablesOf } from "./markdown.js";

const tables = tablesOf("src/link/SPEC.md");
const constants = numbersOf("src/link/frame.ts");
const checked = new Set<string>();

function expectConstant(name: string, value: number, where: string): void {
  assert.equal(constants.get(name), value, `${name} (${where})`);
  checked.add(name);
}

/** Table heading, prefix of its constants, and the constants of its fields in the page's order;
 *  "" where the code needs none (reserved, or the result that RESULT stands for). */
const LAYOUTS: [string, string, string[]][] = [
  ["POLL request", "POLL_", ["DISPLAYED", "FLAGS", "CLOCK", "FROM", ""]],
  ["POLL reply", "REPLY_", ["STATUS", "HELD", "PHASES", "EVENT_NEXT", "SLICE_COUNT", "", "SLICES"]],
  [
    "Slice",
    "SLICE_",
    [
      ...["HOUSEHOLD", "STATE", "FLAGS", "PHASES", "REMAINING", "CONSUMED", "POWER", "NUMBER"],
      ...["FORWARD", "REVERSE", "AMOUNT", "MAXIMUM", "ALARM", "TRIP", "OVERDRAFT", "HOARDING"],
    ],
  ],
  ["MESSAGE request", "MESSAGE_", ["SOURCE", "SIGNED"]],
  [
    "MESSAGE reply",
    "MESSAGE_REPLY_",
    ["", "HOUSEHOLD", "STATE", "FLAGS", "AMOUNT", "REMAINING", "NUMBER", "KIND", "ID", ""],
  ],
  ["Signed message", "SIGNED_", ["ADDRESS", "KIND", "NUMBER", "AMOUNT", "FLAGS", "CODE"]],
  ["SETTING_READ request", "SETTING_", ["ID", "INDEX"]],
  ["SETTING_READ reply", "SETTING_REPLY_", ["", "", "VALUE"]],
  ["PROVISION request", "PROVISION_", ["NUMBER", "KEY"]],
  ["EVENT_READ request", "EVENT_", ["NUMBER"]],
  ["EVENT_READ reply", "EVENT_REPLY_", ["", "", "NEXT", "ENTRY"]],
  ["BOOKS_READ request", "BOOKS_", ["HOUSEHOLD"]],
  [
    "BOOKS_READ reply",
    "BOOKS_REPLY_",
    [
      ...["", "HOUSEHOLD", "STATE", "FLAGS", "FORWARD", "REVERSE", "ACCEPTED", "CHARGED"],
      ...["REMAINING", "POWER", "MAXIMUM", "MAXIMUM_TIME", "NUMBER", "AMOUNT", ""],
    ],
  ],
  [
    "BOX_READ reply",
    "BOX_",
    [
      ...["", "NUMBER", "UNIT", "VOLTAGES", "FREQUENCY", "RUNNING", "STARTS", "CLOSED"],
      ...["EVENT_NEXT", "FORMAT", "BOOT", "FLAGS", "LINE_PROTOCOL", "LINE_RATE", "LINE_FORMAT"],
      ...["MODBUS_ADDRESS", "READER_PLACE", "LOAD_INTERVAL", "SETTLEMENT_DAY", "DAILY_FREEZE"],
      ...["", "PRICE", "REFUSALS", "BASIC_CURRENT"],
    ],
  ],
  ["CARD_KEYS request", "CARD_KEYS_", ["UID", "SECTOR"]],
  ["CARD_KEYS reply", "CARD_KEYS_REPLY_", ["", "SECTOR", "KEY_A", "KEY_B", ""]],
  ["CARD_MESSAGE request", "CARD_MESSAGE_", ["UID", "SIGNED"]],
  ["CARD_RETURN request", "CARD_RETURN_", ["UID", "HOUSEHOLD", "RESULT", "", "SEQUENCE"]],
  ["CARD_RETURN reply", "CARD_RETURN_REPLY_", ["", "", "BLOCKS"]],
  ["CARD_RECORD request", "CARD_RECORD_", ["HOUSEHOLD"]],
  ["CARD_RECORD reply", "CARD_RECORD_REPLY_", ["", "", "BLOCK"]],
  ["SLICE_READ request", "SLICE_READ_", ["HOUSEHOLD"]],
  ["SLICE_READ reply", "SLICE_READ_REPLY_", ["", "", "SLICE"]],
  ["SUPPLY_READ request", "SUPPLY_", ["HOUSEHOLD"]],
  ["SUPPLY_READ reply", "SUPPLY_REPLY_", ["", "COMMAND", "KEEP", "", "OPENED", "CLOSED", "NUMBER"]],
  ["FREEZE_READ request", "FREEZE_", ["RING", "HOUSEHOLD", "INDEX", "TIME"]],
  [
    "FREEZE_READ reply",
    "FREEZE_REPLY_",
    ["", "", "INDEX", "TIME", "FORWARD", "REVERSE", "COUNT", ""],
  ],
  ["PURCHASE_READ request", "PURCHASE_", ["HOUSEHOLD", "INDEX"]],
  [
    "PURCHASE_READ reply",
    "PURCHASE_REPLY_",
    ["", "", "TIME", "NUMBER", "AMOUNT", "BEFORE", "AFTER", "TOTAL"],
  ],
  ["EVENT_FIND request", "FIND_", ["KIND", "INDEX", "DETAIL", ""]],
  ["EVENT_FIND reply", "FIND_REPLY_", ["", "", "COUNT", "SECONDS", "ENTRY"]],
  [
    "COMMAND request",
    "COMMAND_",
    ["PASSWORD", "OPERATOR", "ACTION", "HOUSEHOLD", "ID", "", "VALUE", "SECOND", "IDENTIFIER"],
  ],
  ["PROBE request", "PROBE_", ["WHAT", "INDEX", "VALUE", "DATA"]],
  ["PROBE reply", "PROBE_REPLY_", ["", "WHAT", "DETAIL", "DATA"]],
  ["Look", "LOOK_", ["INPUTS", "REVERSED", "FLAGS", "COUNTS", "", "SAMPLES", "VOLTAGES"]],
];

test("fields of requests and replies stand where the page says", () => {
  for (const [heading, prefix, names] of LAYOUTS) {
    const { rows } = tableBelow(tables, heading);
    assert.equal(rows.length, names.length, heading);
    rows.forEach(([offset], index) => {
      const name = names[index];
      if (name) expectConstant(`${prefix}${name}`, Number(offset), heading);
    });
  }
  expectConstant("RESULT", 0, "replies");
});

test("fields follow one another without a gap, up to the size of the frame", () => {
  for (const [heading] of LAYOUTS) {
    let end = 0;
    for (const [offset, size] of tableBelow(tables, heading).rows) {
      assert.equal(Number(offset), end, `${heading}: offset ${offset}`);
      end += Number(size!.split(" ")[0]);
    }
    const [name, direction] = heading.split(" ") as [string, string | undefined];
    const size = constants.get(`${name}_${String(direction).toUpperCase()}_SIZE`);
    if (size !== undefined) assert.equal(size, end, heading);
    if (heading === "Slice") expectConstant("SLICE_SIZE", end, heading);
    if (heading === "Signed message") expectConstant("SIGNED_SIZE", end, heading);
  }
});

test("kinds and sizes are the page's", () => {
  const { rows } = tableBelow(tables, "Requests");
  for (const [kind, name, request_size, reply_size] of rows) {
    expectConstant(`KIND_${name}`, Number(kind), name!);
    expectConstant(`${name}_REQUEST_SIZE`, Number(request_size), name!);
    const range = /^(\d+)\.\.(\d+)$/.exec(reply_size!);
    if (range) {
      expectConstant(`${name}_REPLY_SIZE_MIN`, Number(range[1]), name!);
      expectConstant(`${name}_REPLY_SIZE_MAX`, Number(range[2]), name!);
    } else expectConstant(`${name}_REPLY_SIZE`, Number(reply_size), name!);
  }
});

test("the frame around a payload is the page's", () => {
  const { rows } = tableBelow(tables, "Frames between the MCUs");
  assert.deepEqual(
    rows.map(([offset]) => offset),
    ["0", "1", "2", "3", "4", "4 + size"],
  );
  assert.match(rows[0]![2]!, /FBh/);
  expectConstant("FRAME_START", 0xfb, "frame");
  expectConstant("FRAME_SIZE", 1, "frame");
  expectConstant("FRAME_SEQUENCE", 2, "frame");
  expectConstant("FRAME_KIND", 3, "frame");
  expectConstant("FRAME_PAYLOAD", 4, "frame");
  expectConstant("CRC_SIZE", Number(rows[5]![1]), "frame");
  expectConstant("PAYLOAD_SIZE_MAX", Number(/0\.\.(\d+)/.exec(rows[1]![2]!)![1]), "frame");
});

/** Bits that a cell of the page names: "bit 1 socket held" gives [1, "socket held"]. */
function bitsOf(cell: string): [number, string][] {
  return [...cell.matchAll(/bit (\d+) ([^,(]+)/g)].map(([, bit, words]) => [
    Number(bit),
    words!.trim(),
  ]);
}

test("flag bits are the page's", () => {
  const status = tableBelow(tables, "POLL reply").rows[0]![2]!;
  const names = [
    ...["PROVISIONED", "HELD", "REFRESHING", "MONEY", "TWO_DECIMALS"],
    ...["STORE_FAULT", "RESTARTED"],
  ];
  const bits = bitsOf(status);
  assert.equal(bits.length, names.length);
  bits.forEach(([bit], index) => expectConstant(`STATUS_${names[index]}`, 1 << bit, "status"));
  const flags: [string, number, string[]][] = [
    ["POLL request", 1, ["POLL_FLAG_CLOCK_TRUSTED"]],
    [
      "Slice",
      2,
      [
        ...["SLICE_FLAG_CLOSED", "SLICE_FLAG_PROMPT", "SLICE_FLAG_COMMANDED"],
        ...["SLICE_FLAG_ALLOWED", "SLICE_FLAG_KEEP", "SLICE_FLAG_REVERSE"],
        "SLICE_FLAG_WANTED_OPEN",
      ],
    ],
    ["BOX_READ reply", 11, ["BOX_FLAG_SERVICE", "BOX_FLAG_LOCKED"]],
    ["MESSAGE reply", 3, ["MESSAGE_FLAG_RESUMED"]],
    ["Look", 2, ["LOOK_FLAG_SOCKET", "LOOK_FLAG_SERVICE", "LOOK_FLAG_RESTING"]],
  ];
  for (const [heading, row, expected] of flags) {
    const found = bitsOf(tableBelow(tables, heading).rows[row]![2]!);
    assert.equal(found.length, expected.length, heading);
    found.forEach(([bit], index) => expectConstant(expected[index]!, 1 << bit, heading));
  }
});

test("states, sources and kinds of signed messages are the page's", () => {
  const state = tableBelow(tables, "Slice").rows[1]![2]!;
  for (const [, value, name] of state.matchAll(/(\d) (supplied|low|tripped|empty)/g)) {
    expectConstant(`STATE_${name!.toUpperCase()}`, Number(value), "Slice");
  }
  const source = tableBelow(tables, "MESSAGE request").rows[0]![2]!;
  for (const [, value, name] of source.matchAll(/(\d) (line|card)/g)) {
    expectConstant(`SOURCE_${name!.toUpperCase()}`, Number(value), "MESSAGE request");
  }
  const kind = tableBelow(tables, "Signed message").rows[1]![2]!;
  for (const [, value, name] of kind.matchAll(/(\d) (credit|setting|clear|check|test|switch)/g)) {
    expectConstant(`SIGNED_KIND_${name!.toUpperCase()}`, Number(value), "Signed message");
  }
});

test("rings and actions are the page's", () => {
  const ring = tableBelow(tables, "FREEZE_READ request").rows[0]![2]!;
  for (const [, value, name] of ring.matchAll(/(\d) (daily|settlement|instant|load)/g)) {
    expectConstant(`RING_${name!.toUpperCase()}`, Number(value), "FREEZE_READ request");
  }
  const any = /(\d+) any/.exec(tableBelow(tables, "EVENT_FIND request").rows[2]![2]!)![1];
  expectConstant("FIND_ANY_DETAIL", Number(any), "EVENT_FIND request");
  const { rows } = tableBelow(tables, "Actions of a command");
  for (const [action, number] of rows) {
    expectConstant(`ACTION_${/^[A-Z_]+/.exec(action!)![0]}`, Number(number), "actions");
  }
  for (const [what, number] of tableBelow(tables, "What is probed").rows) {
    expectConstant(`WHAT_${/^[A-Z_]+/.exec(what!)![0]}`, Number(number), "probes");
  }
});

test("the code has no kind, status, field or flag that the page lacks", () => {
  const prefixes = [
    ...LAYOUTS.map(([, prefix]) => prefix),
    "KIND_",
    "STATUS_",
    "STATE_",
    "SOURCE_",
    "RING_",
    "ACTION_",
    "WHAT_",
  ];
  const derived = /_(SIZE|SIZE_MIN|SIZE_MAX|COUNT_MAX)$/; // sizes of fields and of the largest frame
  const unknown = [...constants.keys()].filter(
    (name) =>
      prefixes.some((prefix) => name.startsWith(prefix)) &&
      !derived.test(name) &&
      !checked.has(name),
  );
  assert.deepEqual(unknown, ["REPLY_BIT"]);
});
