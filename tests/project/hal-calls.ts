/** The calls and constants of the HAL as src/hal.ts declares them, found with the TypeScript
 *  compiler. */

import ts from "typescript";
import { numbersOf, parseSource } from "./evaluate.js";

export const HAL_SOURCE = "src/hal.ts";

export interface HalCall {
  name: string;
  parameters: { name: string; type: string }[];
  returns: string;
}

/** Every declared external call, in the order of the file. */
export function halCalls(): HalCall[] {
  return parseSource(HAL_SOURCE)
    .statements.filter(ts.isFunctionDeclaration)
    .map((node) => ({
      name: node.name!.text,
      parameters: node.parameters.map((parameter) => ({
        name: parameter.name.getText(),
        type: parameter.type!.getText(),
      })),
      returns: node.type!.getText(),
    }));
}

/** Names under which the calls are imported: the two arguments of @external, joined by a dot. */
export function halImportNames(): string[] {
  const source = parseSource(HAL_SOURCE).getFullText();
  return [...source.matchAll(/@external\("(\w+)", "(\w+)"\)/g)].map(([, from, name]) => {
    return `${from}.${name}`;
  });
}

/** Every exported number of the HAL by name. */
export function halConstants(): Map<string, number> {
  return numbersOf(HAL_SOURCE);
}
