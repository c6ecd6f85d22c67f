/** The one coil of the box that may have current, and the judge of what may follow what. There are
 *  78 coils (a closing and an opening one per channel), but the supply bears one at a time (product
 *  sheet: < 6 VA), so the box has one state. Which channel is meant is relays.ts's. */

export enum Coil {
  Rest, // no coil has current, and the rest after the last pulse is over
  Closing, // one closing coil has current
  Opening, // one opening coil has current
  Cooling, // no coil has current, the supply recovers
}

/** True when the box may go from `from` to `to`: every pulse starts at rest and ends in cooling. */
export function coilMayMove(from: Coil, to: Coil): bool {
  if (to == Coil.Rest) return from == Coil.Cooling;
  if (to == Coil.Cooling) return from == Coil.Closing || from == Coil.Opening;
  return from == Coil.Rest && (to == Coil.Closing || to == Coil.Opening);
}
