/** States of a household's supply, and the one judge of their changes. Product sheet feature 6 and
 *  "Purpose and scope": alarm, power-off at the trip level until the card is shown, off at zero. */

export enum Supply {
  Supplied,
  Low,
  Tripped,
  Empty,
}
export const SUPPLY_COUNT: i32 = 4;

/** Why a state is judged anew. */
export enum Cause {
  Consumption,
  Credit,
  Presentation,
  Setting,
  Clearing,
}
export const CAUSE_COUNT: i32 = 5;

/** The state that belongs to `remaining`; all in units. `resumed`: the card was shown since the trip. */
export function judgeSupply(
  remaining: i64,
  alarm_level: i64,
  trip_level: i64,
  overdraft: i64,
  resumed: bool,
): Supply {
  if (remaining <= -overdraft) return Supply.Empty;
  if (remaining <= trip_level && !resumed) return Supply.Tripped;
  if (remaining <= alarm_level || remaining <= trip_level) return Supply.Low;
  return Supply.Supplied;
}

/** Whether `cause` may lead from one state to another: consumption only takes away, credit only
 *  gives, a shown card only ends a trip, a clear leaves nothing to be supplied with, a setting may do
 *  anything. */
export function supplyMayMove(from: Supply, to: Supply, cause: Cause): bool {
  if (cause == Cause.Setting || from == to) return true;
  if (cause == Cause.Consumption) return to > from;
  if (cause == Cause.Credit) return to < from;
  if (cause == Cause.Clearing) return !isSupplying(to);
  return from == Supply.Tripped && to == Supply.Low;
}

/** True when a household in this state has its relays closed. */
export function isSupplying(state: Supply): bool {
  return state == Supply.Supplied || state == Supply.Low;
}
