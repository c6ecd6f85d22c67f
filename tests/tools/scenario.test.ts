/** Scenario files: what is read, and that every error names line and field. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError } from "../../tools/simulate/errors.ts";
import { parseScenario, readScenario } from "../../tools/simulate/scenario.ts";

test("a step is time, action and fields", () => {
  const steps = parseScenario(
    "s.yaml",
    "- at: 06:30:00\n  action: credit\n  household: 5\n  amount: 20.5\n- {at: 1+00:00:01, action: end}\n",
  );
  assert.deepEqual(steps, [
    { at_s: 23_400, line: 1, action: "credit", household: 5, amount: 20.5 },
    { at_s: 86_401, line: 5, action: "end" },
  ]);
});

function step(text: string): string {
  return `- at: 00:00:01\n${text
    .split("\n")
    .map((line) => `  ${line}\n`)
    .join("")}`;
}

const WRONG: [string, string, RegExp][] = [
  ["no list", "at: 00:00:00\n", /line 1, field -: a list/],
  ["not YAML", "- at: [\n", /line \d+, field -:/],
  ["a step that is a word", "- stop\n", /line 1, field at: a step/],
  ["no time", "- action: end\n", /line 1, field at: is missing/],
  ["a time that is none", "- at: 6 o'clock\n  action: end\n", /line 1, field at: "6 o'clock"/],
  ["minute 60", "- at: 00:60:00\n  action: end\n", /line 1, field at:/],
  ["no action", "- at: 00:00:00\n", /line 1, field action: is missing/],
  ["an unknown action", step("action: explode"), /line 2, field action: unknown action "explode"/],
  ["a missing field", step("action: credit\nhousehold: 5"), /line 1, field amount: is missing/],
  [
    "a switch for a time without the time",
    step("action: switch\nhousehold: 5\ncommand: open_close"),
    /line 1, field minutes: is needed for open_close/,
  ],
  [
    "a switch for 7 minutes",
    step("action: switch\nhousehold: 5\ncommand: open_allow\nminutes: 7"),
    /line 5, field minutes/,
  ],
  [
    "an unknown switch",
    step("action: switch\nhousehold: 5\ncommand: explode"),
    /line 4, field command/,
  ],
  [
    "a field out of range",
    step("action: credit\namount: 5\nhousehold: 40"),
    /line 4, field household: too big.*39/,
  ],
  [
    "an unknown field",
    step("action: swipe\nhousehold: 4\ncolour: red"),
    /line 4, field colour: is unknown to swipe/,
  ],
  [
    "a word for a number",
    step("action: swipe\nhousehold: four"),
    /line 3, field household: invalid input/,
  ],
  ["a third of a hundredth", step("action: credit\nhousehold: 1\namount: 0.013"), /field amount/],
  [
    "a word that is none of those",
    step("action: phase\nphase: D\npresent: true"),
    /line 3, field phase/,
  ],
  ["an unknown setting", step("action: setting\nname: colour\nvalue: 1"), /line 3, field name/],
  [
    "a setting out of range",
    step("action: setting\nname: coil_pulse\nvalue: 201"),
    /line 4, field value: coil_pulse must be 20\.\.200/,
  ],
  [
    "a household's setting without one",
    step("action: setting\nname: alarm_level\nvalue: 1"),
    /line 1, field index: must be a household 1\.\.39/,
  ],
  [
    "a box setting with an index",
    step("action: setting\nname: price\nindex: 3\nvalue: 1"),
    /line 4, field index/,
  ],
  ["a load of nothing", step("action: load\nwatts: 5"), /field channel: either channel or/],
  ["too much in a channel", step("action: load\nchannel: 1\nwatts: 25001"), /field watts/],
  ["a clock without time", step("action: clock"), /field set/],
  ["a state of nobody", step("action: expect\nstate: low"), /field household: is needed/],
  ["a card of nobody", step("action: card\nfor: 2"), /line 1, field file: exactly one of/],
  ["a card of two", step("action: card\nhousehold: 1\nfile: a.mfd"), /line 4, field file: exactly/],
  ["no card, for a while", step("action: card\nfile: none\nfor: 2"), /line 4, field for: not/],
  [
    "a card for no time",
    step("action: card\nhousehold: 1\nfor: 0"),
    /line 4, field for: too small/,
  ],
  ["a card nobody made", step("action: card\nmade: x"), /line 3, field made: no step before/],
  [
    "a card of an unknown kind",
    step("action: make_card\nname: x\nkind: gold"),
    /line 4, field kind: invalid/,
  ],
  [
    "a test card without its time",
    step("action: make_card\nname: x\nkind: test"),
    /line 1, field seconds: is needed for a test card/,
  ],
  [
    "a clear card of one household",
    step("action: make_card\nname: x\nkind: clear\nhousehold: 3"),
    /line 5, field household: is not for a clear card/,
  ],
  [
    "a settings card with an unknown setting",
    step("action: make_card\nname: x\nkind: settings\nsettings: [{name: colour, value: 1}]"),
    /line 5, field settings: invalid/,
  ],
  ["a switch that is ajar", step("action: service_switch\nclosed: half"), /line 3, field closed/],
  [
    "a time going backwards",
    "- {at: 01:00:00, action: end}\n- {at: 00:59:59, action: end}\n",
    /line 2, field at: is earlier/,
  ],
  [
    "a start that is not the first",
    "- {at: 00:00:00, action: end}\n- {at: 00:00:00, action: start}\n",
    /line 2, field action: start must/,
  ],
];

for (const [name, text, message] of WRONG) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => parseScenario("s.yaml", text),
      (error) => {
        assert.ok(error instanceof InputError, String(error));
        assert.match(error.message, /^s\.yaml: /);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test("a file that is not there", () => {
  assert.throws(() => readScenario("no/such.yaml"), /--scenario: cannot read no\/such\.yaml/);
});

test("a card step: household, file or none", () => {
  const text =
    "- {at: 00:00:01, action: card, household: 5, for: 0.5}\n" +
    "- {at: 00:00:02, action: card, file: a.mfd}\n" +
    "- {at: 00:00:03, action: card, file: none}\n";
  assert.deepEqual(parseScenario("s.yaml", text), [
    { at_s: 1, line: 1, action: "card", household: 5, for: 0.5 },
    { at_s: 2, line: 2, action: "card", file: "a.mfd" },
    { at_s: 3, line: 3, action: "card", file: "none" },
  ]);
});
