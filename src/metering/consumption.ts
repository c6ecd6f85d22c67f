/** Energy of a household: the sum of its channels' books. */
import { accountChannels } from "./account";
import { forwardJ, reverseJ } from "./books";
import { boxSetting, SETTING_REVERSE_COUNTS } from "./settings";

const JOULES_PER_HUNDREDTH_KWH: u64 = 36_000;

/** Energy of a household, J: forward, or reverse. */
export function householdJ(household_index: i32, reverse: bool): u64 {
  let sum_j: u64 = 0;
  for (let rest = accountChannels(household_index); rest != 0; rest &= rest - 1) {
    const index = <i32>ctz(rest);
    sum_j += reverse ? reverseJ(index) : forwardJ(index);
  }
  return sum_j;
}

/** The same in 0.01 kWh. */
export function householdHundredths(household_index: i32, reverse: bool): u32 {
  return <u32>(householdJ(household_index, reverse) / JOULES_PER_HUNDREDTH_KWH);
}

/** What the household consumed, 0.01 kWh: reverse energy too where it counts. */
export function consumedHundredths(household_index: i32): u32 {
  const counts_reverse = boxSetting(SETTING_REVERSE_COUNTS) != 0;
  const reverse_j = counts_reverse ? householdJ(household_index, true) : 0;
  return <u32>((householdJ(household_index, false) + reverse_j) / JOULES_PER_HUNDREDTH_KWH);
}
