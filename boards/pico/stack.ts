/** How deep the stack of an image can get, from what the compiler writes with -fcallgraph-info=su: who
 *  calls whom, and what each function takes. Library functions, of which it knows nothing, are reckoned
 *  with one number that is more than any of those linked here takes. Recursion has no answer. */

const NODE = /^node: \{ title: "([^"]+)" label: "[^"]*\\n(\d+) bytes \((\w+)/;
const EDGE = /^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/;
const INDIRECT = "__indirect_call";

/** Bytes; the deepest, a division of 64 bits, takes 80 with what it calls. */
const LIBRARY_SIZE = 96;
/** What the processor pushes at an interrupt, with the word that aligns it. */
const EXCEPTION_SIZE = 36;

interface CallGraph {
  /** Bytes a function takes itself. */
  sizes: Map<string, number>;
  calls: Map<string, Set<string>>;
}

/** A function of one file only stands as "path:name". */
function nameOf(title: string): string {
  return title.slice(title.lastIndexOf(":") + 1);
}

function parse(texts: string[]): CallGraph {
  const graph: CallGraph = { sizes: new Map(), calls: new Map() };
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    const node = NODE.exec(line);
    if (node !== null) {
      graph.sizes.set(nameOf(node[1]), node[3] === "static" ? Number(node[2]) : Infinity);
    }
    const edge = EDGE.exec(line);
    if (edge === null) continue;
    const [source, target] = [nameOf(edge[1]), nameOf(edge[2])];
    graph.calls.set(source, (graph.calls.get(source) ?? new Set()).add(target));
  }
  return graph;
}

function depthOf(graph: CallGraph, name: string, seen: Map<string, number>): number {
  const known = seen.get(name);
  if (known !== undefined) return known;
  seen.set(name, Infinity); // whoever meets it again from below recurses
  const below = [...(graph.calls.get(name) ?? [])].map((callee) => depthOf(graph, callee, seen));
  const own = graph.sizes.get(name) ?? LIBRARY_SIZE;
  const depth = own + Math.max(0, ...below);
  seen.set(name, depth);
  return depth;
}

/** Most bytes that the stack of an image can take: main() and, on top of it, one interrupt; all
 *  interrupts have one priority. `graphs` are the .ci files; `pointed` are the functions that are called
 *  through a pointer; Infinity when there is recursion or a frame of variable size. */
export function deepestStack(graphs: string[], pointed: string[]): number {
  const graph = parse(graphs);
  graph.sizes.set(INDIRECT, 0);
  graph.calls.set(INDIRECT, new Set(pointed));
  const seen = new Map<string, number>();
  const interrupts = [...graph.sizes.keys()].filter((name) => name.startsWith("irq_"));
  const handlers = interrupts.map((name) => depthOf(graph, name, seen));
  const start = (graph.sizes.get("reset") ?? 0) + depthOf(graph, "main", seen);
  return start + EXCEPTION_SIZE + Math.max(0, ...handlers);
}
