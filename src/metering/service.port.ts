/** The service window: within two minutes of power-up, while the service switch under the seal is
 *  closed. A restart without a power cut opens none. */
import { BOOT_POWER, PIN_SERVICE, pin_read } from "../hal";
import { runningS } from "./uptime";

export const SERVICE_WINDOW_S: u32 = 120;

let powered_up: bool = false; // power, not a restart, started this core
let since_s: u32 = 0; // running time then

/** `boot_reason`: a BOOT_. */
export function serviceInit(boot_reason: i32): void {
  powered_up = boot_reason == BOOT_POWER;
  since_s = runningS();
}

/** True while the service switch is closed. */
export function serviceSwitchClosed(): bool {
  return pin_read(PIN_SERVICE) == 0;
}

/** True while the box may be cleared, or a self-test begun. */
export function serviceIsOpen(): bool {
  if (!powered_up || runningS() - since_s >= SERVICE_WINDOW_S) return false;
  return serviceSwitchClosed();
}
