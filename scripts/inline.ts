/** Puts small functions of a core, and those that are called once, into their callers. A call costs an
 *  interpreter twenty times what it costs a processor, and the AssemblyScript compiler either leaves most of
 *  them or, without regard to size, doubles the file. What a short memory.copy became is made aligned again:
 *  the smaller microcontrollers fault on a number at an odd place. */

import binaryen from "binaryen";

/** What is put into its callers: any function of so many of Binaryen's expressions; one that only makes
 *  calls or branches; one that is called once, unless its caller would get so long that the interpreter
 *  forgets where its blocks end. Found by counting (npm run bench). */
const ALWAYS_SIZE = 12;
const FLEXIBLE_SIZE = 20;
const ONE_CALLER_SIZE = 400;

/** The same module, `wasm`, with fewer and longer functions, and its text. */
export function inlined(wasm: Uint8Array): { binary: Uint8Array; text: string } {
  const module = binaryen.readBinary(wasm);
  try {
    module.setFeatures(binaryen.Features.BulkMemory | binaryen.Features.SignExt);
    binaryen.setAlwaysInlineMaxSize(ALWAYS_SIZE);
    binaryen.setFlexibleInlineMaxSize(FLEXIBLE_SIZE);
    binaryen.setOneCallerInlineMaxSize(ONE_CALLER_SIZE);
    binaryen.setOptimizeLevel(3);
    binaryen.setShrinkLevel(1);
    module.runPasses(["inlining-optimizing", "dae-optimizing"]);
    module.optimize();
    module.runPasses(["alignment-lowering"]);
    if (!module.validate()) throw new Error("the core is not valid after inlining");
    return { binary: module.emitBinary(), text: module.emitText() };
  } finally {
    module.dispose();
  }
}
