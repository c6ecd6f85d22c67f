/** Who may import whom. The rules are those of docs/DESIGN.md, "What may know what"; a test proves
 *  that each of them bites (tests/project/imports.slow.test.ts). */

const DOMAINS = ["metering", "relay", "display", "clock", "rfid", "rs485"];

const domainRules = DOMAINS.map((domain) => ({
  name: `domain-${domain}-stands-alone`,
  comment: "the entries join the domains; a domain does not know another one",
  severity: "error",
  from: { path: `^src/${domain}/` },
  to: { path: `^src/(${DOMAINS.filter((other) => other !== domain).join("|")})/` },
}));

module.exports = {
  forbidden: [
    ...domainRules,
    {
      name: "src-imports-only-src",
      severity: "error",
      from: { path: "^src/" },
      to: { pathNot: "^src/" },
    },
    {
      name: "common-imports-only-common",
      severity: "error",
      from: { path: "^src/common/" },
      to: { pathNot: "^src/common/" },
    },
    {
      name: "only-ports-and-entries-use-hal",
      severity: "error",
      from: { path: "^src/", pathNot: "(\\.port\\.ts$|^src/(meter|panel)\\.ts$)" },
      to: { path: "^src/hal\\.ts$" },
    },
    {
      name: "only-tests-import-entries",
      severity: "error",
      from: { pathNot: "^tests/" },
      to: { path: "^src/(meter|panel)\\.ts$" },
    },
    {
      name: "boards-and-tools-know-nothing-of-src",
      comment: "they are written from the SPECs, so that they can disagree with the firmware",
      severity: "error",
      from: { path: "^(boards|tools|bench|scripts)/" },
      to: { path: "^src/" },
    },
    {
      name: "boards-know-nothing-of-tools",
      severity: "error",
      from: { path: "^boards/" },
      to: { path: "^(tools|tests|bench)/" },
    },
    {
      name: "tools-know-nothing-of-tests",
      severity: "error",
      from: { path: "^(tools|scripts)/" },
      to: { path: "^(tests|bench)/" },
    },
    {
      name: "every-src-module-is-in-a-core",
      comment: "what neither entry reaches is dead",
      severity: "error",
      from: { path: "^src/(meter|panel)\\.ts$" },
      to: { path: "^src/", pathNot: "^src/(meter|panel)\\.ts$", reachable: false },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      comment: "a file that nobody imports and that imports nobody is forgotten",
      severity: "error",
      from: {
        orphan: true,
        pathNot: "(\\.d\\.ts$|^tests/|^bench/|^scripts/|^src/(meter|panel)\\.ts$)",
      },
      to: {},
    },
    {
      name: "no-unlisted-packages",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "tools-run-without-dev-packages",
      severity: "error",
      from: { path: "^(tools|boards)/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
