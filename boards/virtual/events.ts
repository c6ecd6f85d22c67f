/** What a virtual box tells those who watch it (mitt). Times are us since the box was made, channels
 *  1..39. There is no event per millisecond: it would cost more than the two cores. */

import type { Emitter } from "mitt";

/** The two microcontrollers. */
export type McuName = "meter" | "panel";

export type BoxEvents = {
  /** A WRITE to the FRAM that changed memory ended (select went high). */
  fram_commit: { address: number; size: number; time_us: number };
  /** An armature moved. */
  relay: { channel: number; closed: boolean; time_us: number };
  /** A coil got or lost its current. */
  coil: { channel: number; coil: "open" | "close"; on: boolean; time_us: number };
  /** Leading edge of a front end's pulse. */
  pulse: { channel: number; reverse: boolean; time_us: number };
  /** Anything lit on the tubes or lamps changed. */
  tubes: { time_us: number };
  power: { on: boolean; time_us: number };
  /** The panel opened its port on RS485. `format` is a FORMAT_ of boards/HAL.md. */
  line_opened: { baud: number; format: number; time_us: number };
  /** A core was started anew. `reason` is what its boot_reason() returns; `detail` is fault()'s. */
  restart: { mcu: McuName; reason: number; detail: number; time_us: number; error?: Error };
  /** A pin of the calibration socket changed. */
  socket: { pin: 1 | 7; level: 0 | 1; time_us: number };
};

export type BoxEmitter = Emitter<BoxEvents>;
