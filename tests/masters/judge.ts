/** Wireshark's Modbus RTU dissector as a judge of recorded bytes: every frame's CRC, and what it reads
 *  in it. It judges bytes, not timing. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages, programWorks } from "../../scripts/need.ts";
import type { Recorded } from "./pty.ts";

/** Field of the dissector by the name that it has here. */
const FIELDS = {
  crc: "mbrtu.crc16.status",
  unit: "mbrtu.unit_id",
  function_code: "modbus.func_code",
  reference: "modbus.reference_num",
  count: "modbus.word_cnt",
  exception: "modbus.exception_code",
  registers: "modbus.regval_uint16",
  texts: "modbus.object_str_value",
  malformed: "_ws.malformed",
};

/** What it says of one frame; numbers in decimal, several separated by commas, empty when not there. */
export type Verdict = { from: Recorded["from"] } & Record<keyof typeof FIELDS, string>;

export const CRC_GOOD = "1";

export function needJudge(): void {
  const isThere = (): boolean => ["tshark", "text2pcap"].every((name) => programWorks(name, "-v"));
  needPackages("tshark", isThere, "tshark");
}

function hexDump(frames: Recorded[]): string {
  return frames
    .map(({ from, bytes }) => {
      const hex = bytes.toString("hex").replace(/../g, " $&");
      return `${from === "master" ? "I" : "O"}\n0000${hex}\n`;
    })
    .join("");
}

function succeed(command: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout;
}

/** One verdict per frame. */
export function judge(frames: Recorded[]): Verdict[] {
  needJudge();
  const folder = mkdtempSync(join(tmpdir(), "meter39-judge-"));
  const [text, capture] = ["frames.txt", "frames.pcap"].map((name) => join(folder, name));
  writeFileSync(text, hexDump(frames));
  succeed("text2pcap", ["-q", "-D", "-T", "40000,502", text, capture]);
  const names = Object.keys(FIELDS) as (keyof typeof FIELDS)[];
  const out = succeed("tshark", [
    ...["-o", "mbrtu.crc_verification:TRUE", "-o", "tcp.analyze_sequence_numbers:FALSE"],
    ...["-o", "tcp.desegment_tcp_streams:FALSE", "-o", "modbus.mbus_register_format:UINT16"],
    ...["-d", "tcp.port==502,mbrtu", "-r", capture, "-T", "fields", "-E", "separator=/t"],
    ...names.flatMap((name) => ["-e", FIELDS[name]]),
  ]);
  rmSync(folder, { recursive: true });
  const lines = out.replace(/\n$/, "").split("\n");
  if (lines.length !== frames.length) throw new Error(`${lines.length} verdicts`);
  return lines.map((line, index) => {
    const values = line.split("\t");
    const fields = Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));
    return { from: frames[index].from, ...fields } as Verdict;
  });
}
