/** The meter MCU: the order of work, nothing else. Every tick is bounded: at most one frame, one channel's
 *  turn, and one step of what writes by itself: a coil, else a waiting pulse, else what keeps time. */
import { E_STORE, OK } from "./common/errors";
import { boot_reason, now_ms, watchdog } from "./hal";
import { slaveAnswer, slaveInit, slavePoll, slaveReply } from "./link/slave.port";
import { slaveRequest, slaveSilentMs } from "./link/slave.port";
import {
  accountChannels,
  accountsTick,
  countRelayFault,
  supplyChanged,
  takeChangedHousehold,
  wantsSupply,
} from "./metering/account";
import { chargeHousehold } from "./metering/account";
import { answer, answerOutOfOrder, answersAt, displayedHousehold } from "./metering/answers";
import { booksTick, counted_j, counted_pulses, counted_spacing_ms } from "./metering/books";
import { counted_units, countPulse } from "./metering/books";
import { takeSettingsChanged } from "./metering/change";
import { clearanceTick } from "./metering/clearance";
import { EVENT_PANEL_BACK, EVENT_PANEL_LOST, EVENT_RELAY_ENERGY } from "./metering/events";
import { eventsTick, noteEvent } from "./metering/events";
import { freezesSecond, freezesTick } from "./metering/freezes";
import { isProvisioned } from "./metering/identity";
import { inputsInit, inputsLatch, inputsTick, takePulse } from "./metering/inputs.port";
import { waitingPulses } from "./metering/inputs.port";
import { channelsInUse } from "./metering/layout";
import { managementTick } from "./metering/management";
import { probeIsQuiet, probeRelays, probeTakeCoil, probeTick } from "./metering/probe";
import { demandAdd, demandSecond, demandTick, powerPulse } from "./metering/power";
import * as settings from "./metering/settings";
import { socketPinsInit, socketPinsTick } from "./metering/socket.port";
import { meteringInit } from "./metering/start";
import { switchingInit, switchingTick } from "./metering/switching";
import { isTried } from "./metering/trial";
import { uptimeTick } from "./metering/uptime";
import * as relays from "./relay/relays";
import { CHANNEL_COUNT } from "./store/map";

export { __heap_base };
/** Where static data ends, for engines that shrink the memory; 0 is always below __heap_base. */
export const __data_end: i32 = 0;

const ALL_HOUSEHOLDS: u64 = ((<u64>1) << CHANNEL_COUNT) - 1;
const PANEL_LOST_MS: u32 = 3000;
const STORE_RETRY_MS: u32 = 10000; // a memory out of order is looked at again
// The watchdog is fed when all channels have been visited since it was last fed: proof that ticks come,
// end, and get through their whole order of work.
let visited: i32 = 0;
let switched: i32 = 0; // the household whose switching comes next
let store_result: i32 = 0;
let started_ms: u32 = 0;
let panel_lost_ms: u32 = 0; // when silence was noticed
let panel_is_lost: bool = false;

function configureRelays(): void {
  relays.relaysConfigure(
    settings.boxSetting(settings.SETTING_COIL_PULSE),
    settings.boxSetting(settings.SETTING_COIL_REST),
    settings.boxSetting(settings.SETTING_REFRESH_PERIOD) * 1000,
    settings.boxSetting(settings.SETTING_CLOSE_SPREAD) * 1000,
  );
  relays.relaysUse(channelsInUse());
}

export function init(): void {
  const now = now_ms();
  started_ms = now;
  visited = 0;
  switched = 0;
  panel_lost_ms = 0;
  panel_is_lost = false;
  store_result = meteringInit(now, boot_reason());
  slaveInit(now);
  inputsInit();
  socketPinsInit(now);
  relays.relaysInit(now);
  if (store_result != OK) return;
  configureRelays();
  switchingInit(relays.relaysClosed());
}

/** Counts one waiting pulse: its record first, then everything that follows from it. */
function count(channel_index: i32, now: u32): void {
  const reverse = takePulse(channel_index);
  if (probeIsQuiet() && !isProvisioned()) return; // a jig's pulses: nobody's energy
  const household = settings.channelHousehold(channel_index);
  countPulse(channel_index, reverse, household != 0, now);
  if (counted_pulses == 0) return;
  powerPulse(channel_index, reverse, counted_spacing_ms);
  const attempt = isTried(household) ? 0 : relays.relaysEnergy(channel_index, now);
  if (attempt != 0) noteEvent(EVENT_RELAY_ENERGY, household, channel_index + 1, attempt);
  if (household == 0) return;
  if (attempt != 0) countRelayFault(household - 1);
  demandAdd(household - 1, counted_j);
  chargeHousehold(household - 1, counted_units);
}

/** Counts a pulse that waits; true when one did. One a tick is 1000 a second: 39 channels at 18 give 702. */
function countWaiting(now: u32): bool {
  const waiting = waitingPulses();
  if (waiting == 0) return false;
  count(<i32>ctz(waiting), now);
  return true;
}

function serveLink(now: u32): void {
  const kind = slavePoll(now);
  if (kind == 0) return;
  if (store_result != OK) {
    slaveAnswer(answerOutOfOrder(kind, slaveRequest(), slaveReply()));
    return;
  }
  answersAt(relays.relaysClosed(), relays.relaysRefreshing(), now);
  probeRelays(relays.relaysResting());
  slaveAnswer(answer(kind, slaveRequest(), slaveReply()));
  if (takeSettingsChanged()) configureRelays();
}

function watchPanel(now: u32): void {
  const lost = slaveSilentMs(now) >= PANEL_LOST_MS;
  if (lost == panel_is_lost) return;
  panel_is_lost = lost;
  if (lost) noteEvent(EVENT_PANEL_LOST, 0, 0, 0);
  else noteEvent(EVENT_PANEL_BACK, 0, 0, <i64>((now - panel_lost_ms + PANEL_LOST_MS) / 1000));
  panel_lost_ms = now;
}

/** The coil that a self-test wants driven; when the test is over, each relay as its account wants it. */
function steerProbe(now: u32): void {
  if (probeTick(now)) supplyChanged(ALL_HOUSEHOLDS);
  const coil = probeTakeCoil();
  if (coil != 0) relays.relaysDrive((coil > 0 ? coil : -coil) - 1, coil > 0, now);
}

function steerRelays(now: u32): void {
  managementTick(relays.relaysClosed(), now);
  if (probeIsQuiet()) steerProbe(now);
  const index = takeChangedHousehold();
  if (index >= 0) relays.relaysWant(accountChannels(index), wantsSupply(index), now);
}

/** One step of what keeps time, the most urgent first; at rest one household's switching. */
function keepTime(now: u32): void {
  if (uptimeTick(now)) {
    demandSecond();
    freezesSecond();
  } else if (!eventsTick() && !freezesTick() && !clearanceTick() && !demandTick()) {
    switchingTick(switched, relays.relaysClosed());
    switched = switched + 1 == CHANNEL_COUNT ? 0 : switched + 1;
  }
}

/** One channel's turn. */
function visit(now: u32): void {
  booksTick(visited, now);
  visited++;
  if (visited < CHANNEL_COUNT) return;
  visited = 0;
  watchPanel(now);
  watchdog();
}

export function tick(): void {
  const now = now_ms();
  if (store_result == E_STORE) {
    serveLink(now); // the panel shows why; nothing is counted and no relay moves
    watchdog();
    if (now - started_ms >= STORE_RETRY_MS) init();
    return;
  }
  const must = inputsTick();
  accountsTick(now);
  socketPinsTick(displayedHousehold(), now);
  for (let rest = must; rest != 0; rest &= rest - 1) count(<i32>ctz(rest), now);
  inputsLatch();
  serveLink(now);
  steerRelays(now);
  if (!relays.relaysTick(now) && !countWaiting(now)) keepTime(now);
  visit(now);
}
