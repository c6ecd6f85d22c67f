/** The lint rules for cores bite: each line that a core must not contain is reported when it stands in
 *  src/, and the same file without it is not. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ESLint } from "eslint";

const eslint = new ESLint();
const FILE = "src/metering/example.ts";

async function complaints(body: string): Promise<string[]> {
  const source = `/** Example. */\nexport function example(count: u32): u32 {\n${body}\n  return count;\n}\n`;
  const [result] = await eslint.lintText(source, { filePath: FILE });
  return result!.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

const BANNED: Record<string, string> = {
  "an allocation": "  const list = new Array<u32>(3);\n  count = list[0];",
  "a float type": "  const part: f32 = 0;\n  count = <u32>part;",
  "a cast to float": "  count = <u32>(<f64>count);",
  "a float literal": "  count = <u32>(0.5 * count);",
  "a template literal": "  count = `${count}`.length;",
  "a closure": "  const add = (x: u32): u32 => x + 1;\n  count = add(count);",
  "an endless while": "  while (true) count++;",
  "an endless for": "  for (;;) count++;",
  "the wall clock": "  count = <u32>Date.now();",
  "floating point maths": "  count = <u32>Math.sqrt(count);",
  "growing memory": "  memory.grow(1);",
  "a name without unit": "  const delay: u32 = 5;\n  count += delay;",
  "a camelCase variable": "  const nextCount: u32 = count + 1;\n  count = nextCount;",
};

test("what a core may do is not complained about", async () => {
  const body = "  const delay_ms: u32 = 5;\n  for (let i: u32 = 0; i < delay_ms; i++) count += i;";
  assert.deepEqual(await complaints(body), []);
});

for (const [what, body] of Object.entries(BANNED)) {
  test(`${what} is refused`, async () => {
    assert.notDeepEqual(await complaints(body), []);
  });
}

test("a long function and a long file are refused", async () => {
  const long_function = "  count++;\n".repeat(60);
  assert.match((await complaints(long_function)).join(), /max-lines-per-function/);
  const long_file = "  // line\n".repeat(400);
  assert.match((await complaints(long_file)).join(), /max-lines:/);
});
