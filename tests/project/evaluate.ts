/** Values of the constants of an AssemblyScript source, found by parsing it with the TypeScript
 *  compiler and evaluating its module-level `const` initialisers: whole numbers, casts, operators,
 *  names of other constants (also imported ones) and literals of arrays. What is not such an
 *  expression has no value. Does not run any code. */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

export type Value = bigint | bigint[];
interface Elsewhere {
  file: string;
  name: string;
}
type Scope = Map<string, { initializer: ts.Expression } | Elsewhere>;

const WHOLE_FILE = "*"; // of `import * as name`
const scopes = new Map<string, Scope>();

export function parseSource(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
}

function addImports(scope: Scope, file: string, node: ts.ImportDeclaration): void {
  const bindings = node.importClause?.namedBindings;
  if (!bindings || !ts.isStringLiteral(node.moduleSpecifier)) return;
  const from = join(dirname(file), node.moduleSpecifier.text);
  const from_file = from.endsWith(".ts") ? from : `${from}.ts`;
  if (ts.isNamespaceImport(bindings)) {
    scope.set(bindings.name.text, { file: from_file, name: WHOLE_FILE });
    return;
  }
  for (const element of bindings.elements) {
    const name = (element.propertyName ?? element.name).text;
    scope.set(element.name.text, { file: from_file, name });
  }
}

function scopeOf(file: string): Scope {
  const known = scopes.get(file);
  if (known) return known;
  const scope: Scope = new Map();
  scopes.set(file, scope);
  for (const node of parseSource(file).statements) {
    if (ts.isImportDeclaration(node)) addImports(scope, file, node);
    if (!ts.isVariableStatement(node) || !(node.declarationList.flags & ts.NodeFlags.Const))
      continue;
    for (const { name, initializer } of node.declarationList.declarations) {
      if (ts.isIdentifier(name) && initializer) scope.set(name.text, { initializer });
    }
  }
  return scope;
}

type Operator = (left: bigint, right: bigint) => bigint;

const OPERATORS = new Map<ts.SyntaxKind, Operator>([
  [ts.SyntaxKind.PlusToken, (left, right) => left + right],
  [ts.SyntaxKind.MinusToken, (left, right) => left - right],
  [ts.SyntaxKind.AsteriskToken, (left, right) => left * right],
  [ts.SyntaxKind.SlashToken, (left, right) => left / right],
  [ts.SyntaxKind.PercentToken, (left, right) => left % right],
  [ts.SyntaxKind.LessThanLessThanToken, (left, right) => left << right],
  [ts.SyntaxKind.GreaterThanGreaterThanToken, (left, right) => left >> right],
  [ts.SyntaxKind.BarToken, (left, right) => left | right],
  [ts.SyntaxKind.AmpersandToken, (left, right) => left & right],
]);

/** A constant of a file that was imported whole. */
function evaluateProperty(file: string, node: ts.PropertyAccessExpression): Value | undefined {
  const space = ts.isIdentifier(node.expression) && scopeOf(file).get(node.expression.text);
  const is_file = space && "name" in space && space.name === WHOLE_FILE;
  return is_file ? constantOf(space.file, node.name.text) : undefined;
}

function evaluateBinary(file: string, node: ts.BinaryExpression): Value | undefined {
  const operator = OPERATORS.get(node.operatorToken.kind);
  const left = evaluate(file, node.left);
  const right = evaluate(file, node.right);
  if (!operator || typeof left !== "bigint" || typeof right !== "bigint") return undefined;
  return operator(left, right);
}

function evaluate(file: string, node: ts.Expression): Value | undefined {
  if (ts.isParenthesizedExpression(node)) return evaluate(file, node.expression);
  if (ts.isTypeAssertionExpression(node) || ts.isAsExpression(node)) {
    return evaluate(file, node.expression);
  }
  if (ts.isNumericLiteral(node)) {
    const text = node.text.replaceAll("_", "");
    return /^\d+$/.test(text) ? BigInt(text) : undefined;
  }
  if (ts.isIdentifier(node)) return constantOf(file, node.text);
  if (ts.isPropertyAccessExpression(node)) return evaluateProperty(file, node);
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const value = evaluate(file, node.operand);
    return typeof value === "bigint" ? -value : undefined;
  }
  if (ts.isArrayLiteralExpression(node)) {
    const values = node.elements.map((element) => evaluate(file, element));
    return values.every((value) => typeof value === "bigint") ? values : undefined;
  }
  return ts.isBinaryExpression(node) ? evaluateBinary(file, node) : undefined;
}

/** Value of the constant `name` as `file` sees it; undefined when it has none. */
export function constantOf(file: string, name: string): Value | undefined {
  const found = scopeOf(file).get(name);
  if (!found) return undefined;
  if ("initializer" in found) return evaluate(file, found.initializer);
  return constantOf(found.file, found.name);
}

/** All constants that `file` itself declares (not what it imports) and that have a value. */
export function constantsOf(file: string): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const [name, found] of scopeOf(file)) {
    const value = "initializer" in found ? evaluate(file, found.initializer) : undefined;
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

/** As constantsOf, whole numbers only. */
export function numbersOf(file: string): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const [name, value] of constantsOf(file)) {
    if (typeof value === "bigint") numbers.set(name, Number(value));
  }
  return numbers;
}

/** The constants of `file` that are literals of arrays of numbers. */
export function arraysOf(file: string): Map<string, number[]> {
  const arrays = [...constantsOf(file)].filter(([, value]) => Array.isArray(value));
  return new Map(arrays.map(([name, value]) => [name, (value as bigint[]).map(Number)]));
}
