/** The two ways in which a call of a core can go wrong on the virtual board. */

/** A chip was used against its data sheet. Ends the simulation: the firmware has a fault. */
export class DeviceError extends Error {
  constructor(
    readonly device: string,
    message: string,
  ) {
    super(`${device}: ${message}`);
    this.name = "DeviceError";
  }
}

/** The core broke the porting contract (HAL.md) or called fault(): it is stopped and restarted.
 *  `code` is 0 for a broken contract, else the core's own number; so is `detail`. */
export class CoreFault extends Error {
  constructor(
    message: string,
    readonly code = 0,
    readonly detail = 0,
  ) {
    super(message);
    this.name = "CoreFault";
  }
}
