/** What a box of a series must hold, and in which order it is written there so that no step breaks a
 *  relation between settings (src/metering/SPEC.md, "Settings"). Speaks with nobody. */

import type { Change } from "../card/manage.ts";
import { CHANNEL_COUNT, parseLayout } from "../simulate/layout.ts";
import { SETTINGS } from "../simulate/office-codes.ts";
import { phaseOf, type Series } from "./series.ts";

/** These change how the box is spoken to: last, in this order. */
const OF_THE_LINE = ["reader_place", "modbus_address", "line_protocol", "line_format", "line_rate"];
const MONEY = 1;

/** Values that a box has, or is to have, by keyOf(). */
export type Values = Map<string, number>;

export function keyOf({ name, index }: { name: string; index: number }): string {
  return index === 0 ? name : `${name}:${index}`;
}

function channels(): number[] {
  return Array.from({ length: CHANNEL_COUNT }, (_, i) => i + 1);
}

/** Everything that a box of this series must hold and that can be read. */
export function targetsOf(series: Series): Change[] {
  const households = parseLayout(series.layout, (channel) => phaseOf(series, channel));
  const layouts = new Map(
    households.map((h) => [h.number, h.channels.reduce((sum, c, i) => sum + c * 256 ** i, 0)]),
  );
  const targets: Change[] = channels().flatMap((index) => [
    { name: "phase", index, value: phaseOf(series, index) },
    { name: "constant", index, value: series.constants.get(index) ?? series.constant },
    { name: "layout", index, value: layouts.get(index) ?? 0 },
  ]);
  const byKey = new Map<string, Change>();
  const put = (change: Change): void => void byKey.set(keyOf(change), change);
  // What is said of one household goes before what is said of all.
  const settings = [...series.settings].sort(
    ([a], [b]) => a.split(":").length - b.split(":").length,
  );
  for (const [key, value] of settings) {
    const [name, index] = key.split(":");
    if (SETTINGS[name].scope === "box") put({ name, index: 0, value });
    else if (index !== undefined) put({ name, index: Number(index), value });
    else for (const { number } of households) put({ name, index: number, value });
  }
  return [...targets, ...byKey.values()];
}

/** Raising comes with the alarm level first, lowering with the trip level. */
function levelRank({ name, index, value }: Change, now: Values): number {
  if (name === "alarm_level") return value >= (now.get(keyOf({ name, index })) ?? 0) ? 0 : 2;
  return name === "trip_level" ? 1 : 0;
}

function boxRank({ name, value }: Change): number {
  const at = OF_THE_LINE.indexOf(name);
  if (at >= 0) return 10 + at;
  if (name === "account_mode") return value === MONEY ? 1 : 3;
  return name === "price" ? 2 : 0;
}

function rank(change: Change, now: Values): number[] {
  const { name, index } = change;
  if (name === "phase") return [1, index];
  if (name === "constant") return [2, index];
  if (name === "layout") return [3, index];
  if (SETTINGS[name].scope === "household") return [4, index, levelRank(change, now)];
  return boxRank(change) >= 10 ? [9, boxRank(change)] : [5, boxRank(change)];
}

function compare(a: number[], b: number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at] - (b[at] ?? -1);
}

/** What has to be written to a box that holds `now`, in order. Households that change are dissolved
 *  first, so that their channels are free. */
export function stepsOf(targets: Change[], now: Values): Change[] {
  const differs = (target: Change): boolean => now.get(keyOf(target)) !== target.value;
  const changed = targets.filter(differs);
  const dissolved = changed
    .filter((change) => change.name === "layout" && now.get(keyOf(change)) !== 0)
    .map(({ index }) => ({ name: "layout", index, value: 0 }));
  const rest = changed.filter(({ name, value }) => name !== "layout" || value !== 0);
  return [...dissolved, ...rest.sort((a, b) => compare(rank(a, now), rank(b, now)))];
}

/** Whether a change is one of how the box is spoken to. */
export function isOfTheLine({ name }: Change): boolean {
  return OF_THE_LINE.includes(name);
}
