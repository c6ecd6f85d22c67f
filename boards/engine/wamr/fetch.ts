/** WAMR's sources: the crate wamrx-sys, fetched by cargo into build/wamr and found by `cargo metadata`.
 *  Cargo.lock beside this file pins it with its checksum. Nothing of Rust is compiled: the crate is
 *  where a package registry has WAMR, and only its folder wasm-micro-runtime/core is used. */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { needPackages } from "../../../scripts/need.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const MANIFEST = fileURLToPath(new URL("Cargo.toml", import.meta.url));
const CRATE = "wamrx-sys";
const CORE = "wasm-micro-runtime/core";

/** The crate's manifest is of the edition 2024, which cargo reads since 1.85. */
const CARGO_MINOR = 85;
const DEBIAN_12_PACKAGE = "cargo-web"; // its package `cargo` is 1.66
const DEBIAN_PACKAGE = "cargo";

/** The fetched crates stay below build/. */
const ENVIRONMENT = { ...process.env, CARGO_HOME: join(ROOT, "build/wamr") };

interface Metadata {
  packages: { name: string; manifest_path: string }[];
}

/** True when a cargo that reads the crate's manifest can be started. */
function cargoWorks(): boolean {
  const { stdout } = spawnSync("cargo", ["--version"], { encoding: "utf8", env: ENVIRONMENT });
  const [, major, minor] = /^cargo ([0-9]+)\.([0-9]+)\./.exec(stdout ?? "") ?? [];
  return Number(major) > 1 || (major === "1" && Number(minor) >= CARGO_MINOR);
}

function cargoPackage(): string {
  const version = "/etc/debian_version";
  const is_12 = existsSync(version) && readFileSync(version, "utf8").startsWith("12.");
  return is_12 ? DEBIAN_12_PACKAGE : DEBIAN_PACKAGE;
}

function cargo(command: string, ...options: string[]): string {
  const all = [command, "--locked", "--manifest-path", MANIFEST, ...options];
  try {
    return execFileSync("cargo", all, { encoding: "utf8", env: ENVIRONMENT, stdio: "pipe" });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`cargo ${command} of ${CRATE} failed:\n${stderr ?? String(error)}`, {
      cause: error,
    });
  }
}

/** The folder that the crate was unpacked to. */
function crateFolder(): string {
  const options = ["--offline", "--format-version", "1"];
  const { packages } = JSON.parse(cargo("metadata", ...options)) as Metadata;
  const crate = packages.find(({ name }) => name === CRATE);
  if (crate === undefined) throw new Error(`cargo metadata does not name ${CRATE}`);
  return dirname(crate.manifest_path);
}

let folder: string | undefined;

/** Absolute path of WAMR's folder `core`; fetches the crate at the first call. Throws with cargo's words
 *  when there is no cargo, no network or no such crate. */
export function wamrCore(): string {
  if (folder === undefined) {
    needPackages("cargo 1.85 or later", cargoWorks, cargoPackage());
    cargo("fetch"); // asks nobody when everything is there
    folder = crateFolder();
  }
  return join(folder, CORE);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(wamrCore());
