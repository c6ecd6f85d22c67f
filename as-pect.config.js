/** as-pect as the firmware developer's simulator: binds the HAL of the core in a suite, and the bench
 *  that the suite works with (tests/bench.ts), to a virtual box (boards/virtual). Run by
 *  `npx asp --no-logo --summary`, with a file name for one suite. */

import { register } from "tsx/esm/api";

const unregister = register(); // the virtual box is TypeScript
const { Bench } = await import("./boards/virtual/bench.ts");
await unregister();

export default {
  entries: process.argv.some((argument) => argument.endsWith(".spec.ts"))
    ? []
    : ["tests/**/*.spec.ts"],
  include: ["tests/**/*.include.ts"],
  disclude: [/node_modules/],
  async instantiate(memory, createImports, instantiate, binary) {
    const bench = new Bench();
    const imports = { env: { memory }, hal: bench.core.imports(), bench: bench.imports() };
    const module = await instantiate(binary, createImports(imports));
    bench.attach(module.exports.memory);
    return module;
  },
  outputBinary: false,
};
