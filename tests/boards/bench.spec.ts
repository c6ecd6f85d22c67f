/** Proves that a suite can be the simulator: watts in, time, power cuts, relays and tubes out. */

import {
  ABSENT,
  BLANK,
  BYTE_OLD,
  KEEP,
  METER,
  PANEL,
  bench_coil,
  bench_coil_pulses,
  bench_energy_fed_j,
  bench_fram_forget,
  bench_fram_read,
  bench_fram_save,
  bench_fram_written,
  bench_now_ms,
  bench_open,
  bench_pass,
  bench_power_cut_after,
  bench_power_off,
  bench_power_on,
  bench_powered,
  bench_pulses,
  bench_relay_closed,
  bench_restarts,
  bench_set_clock,
  bench_set_load_mw,
  bench_step,
  bench_tube,
  run,
} from "../bench";
import { I2C_CLOCK, SPI_TUBES, boot_reason, i2c, spi } from "../../src/hal";
import { breakDown, init, pulseCount, tick } from "./toy";

const buffer: usize = memory.data(16);

function start(fram: i32): void {
  bench_open(METER, ABSENT, fram);
  init();
}

describe("bench", () => {
  it("feeds watts and counts pulses", () => {
    start(BLANK);
    bench_set_load_mw(1, 2_250_000); // 2250 W at 1600 imp/kWh: a pulse a second
    expect(run(4_500, tick)).toBe(true);
    expect(pulseCount()).toBe(4);
    expect(bench_pulses(1)).toBe(4);
    expect(bench_energy_fed_j(1)).toBe(10_125);
    expect(bench_now_ms()).toBe(4_500);
    expect(bench_relay_closed(1)).toBe(true);
  });

  it("sees coil and relay", () => {
    start(BLANK);
    bench_set_load_mw(1, 2_250_000);
    run(5_005, tick);
    expect(bench_coil()).toBe(-1);
    expect(bench_relay_closed(1)).toBe(true);
    run(50, tick);
    expect(bench_coil()).toBe(0);
    expect(bench_coil_pulses(1, false)).toBe(1);
    expect(bench_relay_closed(1)).toBe(false);
    run(5_000, tick);
    expect(bench_pulses(1)).toBe(5);
  });

  it("keeps the memory over a power cut", () => {
    start(BLANK);
    bench_set_load_mw(1, 2_250_000);
    run(3_500, tick);
    bench_power_off();
    expect(bench_powered()).toBe(false);
    bench_pass(60_000);
    bench_power_on();
    init();
    expect(pulseCount()).toBe(3);
    expect(bench_energy_fed_j(1)).toBe(7_875);
  });

  it("cuts power at a byte and starts from saved memory", () => {
    start(BLANK);
    bench_set_load_mw(1, 2_250_000);
    run(3_500, tick);
    bench_fram_save();
    for (let cut = 0; cut < 3; cut++) {
      start(KEEP);
      expect(pulseCount()).toBe(3);
      bench_set_load_mw(1, 2_250_000);
      bench_power_cut_after(cut, BYTE_OLD);
      expect(run(5_000, tick)).toBe(false);
      expect(bench_fram_written()).toBe(cut);
      bench_step();
      expect(bench_fram_read(0)).toBe(<u8>(3 + cut));
      bench_power_on();
      init();
      expect(pulseCount()).toBe(3 + cut);
    }
    bench_fram_forget();
  });

  it("shows the tubes and the clock of a panel", () => {
    bench_open(PANEL, ABSENT, BLANK);
    store<u32>(buffer, 0x010c_010c); // both chips out of shutdown
    spi(SPI_TUBES, buffer, 4);
    store<u32>(buffer, 0x7e01_3001); // lower row "1", upper row "0"
    spi(SPI_TUBES, buffer, 4);
    expect(bench_tube(0)).toBe(0x7e);
    expect(bench_tube(4)).toBe(0x30);
    bench_set_clock(86_400 + 59);
    store<u8>(buffer, 0);
    expect(i2c(I2C_CLOCK, buffer, 1, 7)).toBe(0);
    expect(load<u8>(buffer)).toBe(0x59);
    expect(load<u8>(buffer, 4)).toBe(0x02);
  });

  it("restarts a core that calls fault", () => {
    start(BLANK);
    expect(() => {
      breakDown();
    }).toThrow();
    expect(bench_restarts(METER)).toBe(1);
    expect(boot_reason()).toBe(2 | (7 << 8));
  });

  it("stops the simulation when a device is misused", () => {
    start(BLANK);
    expect(() => {
      store<u8>(buffer, 0x77);
      spi(0, buffer, 1);
    }).toThrow();
  });
});
