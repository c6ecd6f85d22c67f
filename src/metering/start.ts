/** Start of the meter's books: finds the memory, writes it for the first time or loads it. */
import { E_STORE, OK } from "../common/errors";
import { framPresent } from "../store/fram.port";
import { imageFormat, imageInit, imageLoad, imageProbe } from "../store/image";
import { accountsInit } from "./account";
import { answersInit } from "./answers";
import { booksInit } from "./books";
import { changeInit } from "./change";
import { clearanceInit } from "./clearance";
import { EVENT_POWER_LOST, EVENT_STARTED, eventsInit, eventsLoad } from "./events";
import { noteEvent, noteEventAt } from "./events";
import { freezesInit } from "./freezes";
import { identityInit } from "./identity";
import { managementInit } from "./management";
import { phasesInit } from "./phases";
import { powerInit } from "./power";
import { probeInit } from "./probe";
import { purchasesInit } from "./purchases";
import { serviceInit } from "./service.port";
import { settingsStart } from "./settings";
import { lastClock, runningS, startCount, uptimeInit } from "./uptime";

const BOOT_POWER: i32 = 0; // hal.ts; the low byte of the boot reason

/** Opens the memory. Returns OK, or E_STORE when it is missing, damaged or of another format; then
 *  nothing was written. */
function openStore(): i32 {
  imageInit();
  if (!framPresent()) return E_STORE;
  const probed = imageProbe();
  if (probed < 0) return probed;
  if (probed == 0) {
    settingsStart();
    imageFormat();
  }
  return imageLoad();
}

/** Starts everything that has books. Returns OK or E_STORE. */
export function meteringInit(now_ms: u32, boot_reason: i32): i32 {
  answersInit(boot_reason & 0xff);
  phasesInit();
  eventsInit();
  changeInit();
  probeInit();
  if (openStore() != OK) return E_STORE;
  const seen_s = runningS();
  const seen_clock = lastClock();
  uptimeInit(now_ms);
  serviceInit(boot_reason & 0xff);
  managementInit();
  identityInit();
  booksInit(now_ms);
  accountsInit(now_ms);
  powerInit();
  eventsLoad();
  purchasesInit(seen_clock);
  freezesInit();
  clearanceInit();
  const had_run = seen_s != 0;
  if (had_run && (boot_reason & 0xff) == BOOT_POWER) {
    noteEventAt(seen_clock, EVENT_POWER_LOST, 0, 0, seen_s);
  }
  noteEvent(EVENT_STARTED, 0, startCount(), boot_reason);
  return OK;
}
