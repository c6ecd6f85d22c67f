/** Lint rules. Formatting is prettier's business, import rules dependency-cruiser's, types tsc's.
 *  What is ours: sizes, complexity, naming, and what the cores must not use. */

import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

const SIZES = {
  "max-lines": ["error", { max: 400 }],
  "max-lines-per-function": ["error", { max: 60 }],
  "max-depth": ["error", 4],
  "max-params": ["error", 6],
  complexity: ["error", 16],
};

/** A number called so needs its unit: power_w, delay_ms. A "time" is a date and has one unit in the
 *  whole project (src/link/SPEC.md). */
const WITHOUT_UNIT = "(^|_)(energy|power|delay|timeout|period|duration|interval)$";

const CORE_BANS = [
  { selector: "NewExpression", message: "cores never allocate" },
  { selector: "TemplateLiteral", message: "cores have no strings" },
  { selector: "ArrowFunctionExpression", message: "cores have no closures" },
  { selector: "FunctionExpression", message: "cores have no closures" },
  { selector: "WhileStatement[test.value=true]", message: "every loop has a named bound" },
  { selector: "ForStatement[test=null]", message: "every loop has a named bound" },
  { selector: "TSTypeReference[typeName.name=/^f(32|64)$/]", message: "no floating point" },
  { selector: "TSNumberKeyword", message: "no floating point: number is f64" },
  { selector: "Identifier[name=/^f(32|64)$/]", message: "no floating point" },
  {
    selector: "Identifier[name=/^(Math|Mathf|Date|console|trace|heap|__new|__alloc)$/]",
    message: "not in a core: no floating point, clock, output or heap",
  },
  { selector: "MemberExpression[object.name='memory'][property.name='grow']", message: "no heap" },
  { selector: "Literal[raw=/^[0-9]*\\.[0-9]+/]", message: "no floating point" },
  { selector: "Decorator", message: "decorators only in src/hal.ts" },
];

/** @external before a declaration is AssemblyScript only; the parser refuses these two files. */
const DECORATED = ["src/hal.ts", "tests/bench.ts"];

export default tseslint.config(
  { ignores: ["build/", "node_modules/", ...DECORATED] },
  eslint.configs.recommended,
  ...tseslint.configs.strict,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: { ...SIZES, eqeqeq: "error", "no-var": "error", "prefer-const": "error" },
  },
  {
    files: ["**/*.ts"],
    rules: {
      "no-undef": "off", // tsc and asc know better
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/naming-convention": [
        "error",
        { selector: "function", format: ["camelCase"] },
        { selector: "typeLike", format: ["PascalCase"] },
        { selector: "enumMember", format: ["PascalCase", "UPPER_CASE"] },
        {
          selector: ["variable", "parameter"],
          format: ["snake_case", "camelCase", "UPPER_CASE", "PascalCase"],
          leadingUnderscore: "allow",
        },
      ],
    },
  },
  {
    files: ["**/*.js", "**/*.cjs", "**/*.mjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", module: "writable" } },
  },
  { files: ["**/*.test.ts"], rules: { "max-lines-per-function": "off" } },
  {
    // AssemblyScript. Rules that presuppose JavaScript's meaning of == or its types are off.
    files: ["src/**/*.ts", "tests/**/*.ts"],
    ignores: ["tests/**/*.test.ts", "tests/run.ts", "tests/runner/**", "tests/project/**"],
    rules: {
      eqeqeq: "off",
      "no-loss-of-precision": "off",
      "prefer-const": "off",
      "@typescript-eslint/no-loss-of-precision": "off",
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/no-inferrable-types": "off",
    },
  },
  { files: ["tests/**/*.spec.ts"], rules: { "max-lines-per-function": "off" } },
  {
    files: ["src/**/*.ts"],
    rules: {
      "no-restricted-syntax": ["error", ...CORE_BANS],
      "@typescript-eslint/naming-convention": [
        "error",
        { selector: "function", format: ["camelCase"] },
        { selector: "typeLike", format: ["PascalCase"] },
        { selector: "enumMember", format: ["PascalCase", "UPPER_CASE"] },
        {
          selector: ["variable", "parameter"],
          format: ["snake_case", "UPPER_CASE"],
          leadingUnderscore: "allowDouble",
          filter: { regex: WITHOUT_UNIT, match: false },
        },
        {
          selector: ["variable", "parameter"],
          format: ["snake_case", "UPPER_CASE"],
          custom: { regex: WITHOUT_UNIT, match: false },
          filter: { regex: WITHOUT_UNIT, match: true },
        },
      ],
    },
  },
);
