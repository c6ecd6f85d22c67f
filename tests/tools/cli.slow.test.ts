/** The command line as a user types it: exit codes, messages, JSON, trace. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "meter39-cli-"));
after(() => rmSync(folder, { recursive: true }));

function meter39(...args: string[]) {
  const command = ["--import", "tsx", "tools/meter39.ts", ...args];
  return spawnSync(process.execPath, command, { encoding: "utf8", maxBuffer: 1 << 26 });
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const SHORT = `
- {at: 00:00:00, action: start, layout: "1:1,2,3 4:4", load: none, credit: 20, residents: false}
- {at: 00:00:00, action: load, household: 4, watts: 9000}
- {at: 00:01:00, action: end}
`;

test("--json: one object, the agreed fields, the right figures", () => {
  const { status, stdout } = meter39("simulate", "--json", "--scenario", file("s.yaml", SHORT));
  assert.equal(status, 0);
  const summary = JSON.parse(stdout);
  assert.equal(summary.balanced, true);
  assert.equal(summary.seed, 1);
  assert.deepEqual(
    summary.households.map((h: { household: number }) => h.household),
    [1, 4],
  );
  assert.deepEqual(summary.cards, { presentations: 0, accepted: 0, repeats: 0, refusals: {} });
  const four = summary.households[1];
  assert.equal(four.state, "supplied");
  assert.ok(four.fed_j >= 540_000 && four.fed_j < 550_000, `${four.fed_j}`);
  assert.ok(four.fed_j - four.registered_j <= 4500);
  assert.equal(four.accepted_units, 72_000_000);
  assert.equal(four.charged_units, four.registered_j);
  assert.equal(four.remaining_units, four.accepted_units - four.charged_units);
  assert.ok(Number.isInteger(four.relay_operations));
});

test("--headless: seed and table; the same options give the same output", () => {
  const args = ["simulate", "--headless", "--seed", "9", "--scenario", file("s.yaml", SHORT)];
  const one = meter39(...args);
  assert.equal(one.status, 0);
  assert.match(one.stdout, /^seed 9\n/);
  assert.match(one.stdout, /credit = charged \+ remaining at each of \d+ writes .*: yes/);
  assert.equal(meter39(...args).stdout, one.stdout);
});

test("without a terminal the live view becomes a summary", () => {
  const { status, stdout } = meter39("simulate", "--scenario", file("s.yaml", SHORT));
  assert.equal(status, 0);
  assert.match(stdout, /0004 /);
});

test("--constant, --layout and --load reach the box", () => {
  const load = file("load.csv", "minute,ch04_w,ch05_w\n0,6000,0\n1,6000,0\n");
  const end = file("end.yaml", "- {at: 00:05:00, action: end}\n");
  const args = ["--constant", "1700", "--layout", "4:4 5:5", "--load", load, "--scenario", end];
  const { status, stdout } = meter39("simulate", "--json", ...args);
  assert.equal(status, 0);
  const { households, constant_imp_per_kwh } = JSON.parse(stdout);
  assert.equal(constant_imp_per_kwh, 1700);
  const [four, five] = households;
  assert.ok(four.fed_j - four.registered_j >= 0 && four.fed_j - four.registered_j <= 2 * 2118);
  assert.ok(four.registered_j > 1_700_000);
  assert.equal(five.registered_j, 0);
});

test("--trace writes the HAL calls of both cores", () => {
  const trace = join(folder, "trace.txt");
  const end = file("now.yaml", "- {at: 00:00:01, action: end}\n");
  const { status } = meter39("simulate", "--json", "--scenario", end, "--trace", trace);
  assert.equal(status, 0);
  const text = readFileSync(trace, "utf8");
  assert.match(text, /^\d+ meter init$/m);
  assert.match(text, /^\d+ panel init$/m);
  assert.match(text, /^\d+ meter spi 0 /m);
});

test("an expectation that does not hold: exit code 1, named with its line", () => {
  const text = `${SHORT.replace(/- \{at: 00:01.*\n/, "")}
- {at: 00:00:10, action: expect, household: 4, state: empty}
- {at: 00:01:00, action: end}
`;
  const { status, stdout } = meter39("simulate", "--headless", "--scenario", file("f.yaml", text));
  assert.equal(status, 1);
  assert.match(stdout, /line 5: expect household 4 state empty: state is supplied/);
});

const WRONG: [string, string[], RegExp][] = [
  ["a constant of 0", ["--constant", "0"], /--constant.*1\.\.20000/],
  ["a constant of 20001", ["--constant", "20001"], /--constant.*1\.\.20000/],
  ["half a day", ["--days", "0.5"], /--days.*1\.\.366/],
  ["a speed below 0", ["--speed", "-1"], /--speed.*0\.\.100000/],
  ["seconds and days", ["--seconds", "5", "--days", "1"], /--seconds: not together with --days/],
  ["no seconds", ["--seconds", "0"], /--seconds.*1\.\.31622400/],
  ["257 boxes", ["--boxes", "257"], /--boxes.*1\.\.256/],
  ["no box", ["--boxes", "0"], /--boxes.*1\.\.256/],
  ["a scenario for two boxes", ["--boxes", "2", "--scenario", "s.yaml"], /--boxes: a scenario/],
  ["a trace of two boxes", ["--boxes", "2", "--trace", "t"], /--boxes: --trace follows one box/],
  ["a line without real time", ["--line", "tcp:0"], /--line: needs --headless --realtime/],
  ["a port of 65536", ["--realtime", "--line", "tcp:65536"], /--line.*0\.\.65535/],
  ["another kind of line", ["--realtime", "--line", "udp:1"], /--line.*tcp:PORT.*pty:PATH/],
  ["a pty that is a file", ["--realtime", "--line", "pty:package.json"], /package\.json is there/],
  ["keys read and written", ["--keys", "a", "--write-keys", "b"], /--write-keys: not together/],
  ["a seed that is a word", ["--seed", "x"], /--seed.*0\.\.4294967295/],
  ["an unknown option", ["--colour"], /unknown option '--colour'/],
  ["a channel used twice", ["--layout", "1:1,2,3 2:2"], /layout: channel 2 is used twice/],
  ["a file that is not there", ["--load", "none.csv"], /--load: cannot read none\.csv/],
  ["a scenario that is not there", ["--scenario", "none.yaml"], /--scenario: cannot read/],
  ["a trace that cannot be", ["--trace", "no/such/folder/t"], /--trace: cannot write/],
];

for (const [name, args, message] of WRONG) {
  test(`${name}: exit code 2`, () => {
    const { status, stderr, stdout } = meter39("simulate", "--headless", ...args);
    assert.equal(status, 2, stdout);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });
}

test("on the screen there is one box, at the screen's pace", () => {
  const boxes = meter39("simulate", "--boxes", "2");
  assert.equal(boxes.status, 2);
  assert.match(boxes.stderr, /--boxes: more than one box needs --headless or --json/);
  const realtime = meter39("simulate", "--realtime");
  assert.equal(realtime.status, 2);
  assert.match(realtime.stderr, /--realtime: needs --headless or --json/);
});

test("--boxes: a line per box, the office's readings, the same options give the same output", () => {
  const short = ["--layout", "1:1 4:4", "--seconds", "20"];
  const args = ["simulate", "--headless", "--boxes", "2", ...short];
  const one = meter39(...args);
  assert.equal(one.status, 0, one.stderr);
  assert.match(one.stdout, /^2025112102 +2 .* balance$/m);
  assert.match(one.stdout, /20 s simulated; 4 households read by the line, 0 faults/);
  assert.equal(meter39(...args).stdout, one.stdout);
});

test("a wrong load file names line and column, a wrong scenario line and field", () => {
  const load = meter39("simulate", "--load", file("l.csv", "minute,a_w\n0,1\n1,-2\n"));
  assert.equal(load.status, 2);
  assert.match(load.stderr, /l\.csv: line 3, column a_w: -2 is negative/);
  const text = "- {at: 00:00:00, action: swipe, household: 40}\n";
  const scenario = meter39("simulate", "--scenario", file("w.yaml", text));
  assert.equal(scenario.status, 2);
  assert.match(scenario.stderr, /w\.yaml: line 1, field household: /);
});

test("a step about a household that the layout has not: exit code 2, with its line", () => {
  const scenario = file("h.yaml", "- {at: 00:00:00, action: swipe, household: 9}\n");
  const { status, stderr } = meter39("simulate", "--layout", "1:1", "--scenario", scenario);
  assert.equal(status, 2);
  assert.match(stderr, /h\.yaml: line 1, field household: no household 9 in the layout/);
});

test("cards in the summary, as JSON and as text", () => {
  const steps = `${SHORT.replace(/- \{at: 00:01.*\n/, "")}
- {at: 00:00:05, action: swipe, household: 4}
- {at: 00:00:15, action: make_card, name: x, kind: foreign, household: 4, amount: 5}
- {at: 00:00:15, action: card, made: x, for: 1}
- {at: 00:00:30, action: end}
`;
  const scenario = file("cards.yaml", steps);
  const { stdout } = meter39("simulate", "--json", "--scenario", scenario);
  const counts = { presentations: 2, accepted: 0, repeats: 1, refusals: { 2: 1 } };
  assert.deepEqual(JSON.parse(stdout).cards, counts);
  const text = meter39("simulate", "--headless", "--scenario", scenario).stdout;
  assert.match(text, /cards: 2 presented, 0 accepted, 1 repeats, refused: 1 x Err 02 \(box\)/);
});

test("from the office's card tool through the box and back", () => {
  const at = (name: string): string => join(folder, name);
  const desk = ["--keys", at("office.keys"), "--store", at("store")];
  const card = ["--box", "2025112101", "--card", at("five.mfd"), "--uid", "12345678"];
  meter39("card", "keys", "new", at("office.keys"));
  const sale = ["--household", "5", "--amount", "12.5"];
  assert.equal(meter39("card", "issue", ...desk, ...card, ...sale).status, 0);
  const scenario = file(
    "five.yaml",
    `- {at: 00:00:00, action: start, load: none, credit: 0, residents: false}
- {at: 00:00:02, action: card, file: five.mfd, for: 0.6}
- {at: 00:00:02, action: expect, household: 5, result: ok, remaining: 12.5, lower: "12.5"}
- {at: 00:00:10, action: end}
`,
  );
  const keys = ["--keys", at("office.keys")];
  const run = meter39("simulate", "--headless", ...keys, "--scenario", scenario);
  assert.equal(run.status, 0, run.stdout);
  const read = meter39("card", "read", ...desk, at("five.mfd"));
  assert.equal(read.status, 0, read.stderr);
  assert.match(read.stdout, /2025112101 +5 +user .* 12\.50 .* ok /);
});

test("a card file that is not there: exit code 2, with line and field", () => {
  const scenario = file("c.yaml", "- {at: 00:00:00, action: card, file: no.mfd}\n");
  const { status, stderr } = meter39("simulate", "--headless", "--scenario", scenario);
  assert.equal(status, 2);
  assert.match(stderr, /c\.yaml: line 1, field file: cannot read .*no\.mfd/);
});

test("--help: exit code 0", () => {
  const { status, stdout } = meter39("simulate", "--help");
  assert.equal(status, 0);
  assert.match(stdout, /--layout/);
});
