/** The register map as it is read: each register, its neighbours that do not exist, one instant. */

import * as link from "../../src/link/frame";
import { snapshotLost } from "../../src/link/snapshot";
import {
  ADDRESS,
  NOON_S,
  ask,
  byteOf,
  fieldOf,
  know,
  longAt,
  read,
  registerOf,
  valueAt,
} from "./modbus";

const REGIONS: i32[] = [
  0x0000, 0x003f, 0x0100, 0x014d, 0x0180, 0x01cd, 0x0200, 0x0226, 0x0240, 0x028d, 0x02a0, 0x02ed,
  0x0300, 0x030b, 0x0310, 0x031f, 0x0320, 0x0321, 0x0328, 0x0329, 0x1000, 0x19bf,
];

function exists(address: i32): bool {
  for (let i = 0; i < REGIONS.length; i += 2) {
    if (address >= REGIONS[i] && address <= REGIONS[i + 1]) return true;
  }
  return false;
}

function used(household: i32): bool {
  return household % 10 != 0;
}

/** Status word 3 of what modbus.ts tells of a household. */
function statusOf(household: i32): i32 {
  const flags = household & 0x7f;
  let word = (1 << 8) | (1 << 3);
  if ((flags & 1) == 0) word |= 1 << 4;
  if ((flags & link.SLICE_FLAG_WANTED_OPEN) != 0) word |= 1 << 6;
  if ((flags & link.SLICE_FLAG_KEEP) != 0) word |= 1 << 12;
  if ((household & 3) != 0) word |= 1 << 7;
  return word;
}

describe("the map", () => {
  beforeEach(know);

  it("has exactly the registers of the page", () => {
    let wrong = 0;
    for (let address = 0; address < 0x2000; address++) {
      if (read(address, 1) != (exists(address) ? 1 : -2)) wrong++;
      if (read(address, 2) != (exists(address) && exists(address + 1) ? 2 : -2)) wrong++;
    }
    expect(wrong).toBe(0);
    expect(read(0xffff, 1)).toBe(-2);
    expect(read(0xffff, 2)).toBe(-2);
  });

  it("tells of the box", () => {
    expect(valueAt(0)).toBe(0x4d39);
    expect(valueAt(1)).toBe(1);
    expect(valueAt(2)).toBe(0x2021);
    expect(valueAt(3)).toBe(0x2223);
    expect(valueAt(4)).toBe(0x2400);
    expect(valueAt(5)).toBe(36);
    expect(valueAt(6)).toBe(link.STATUS_PROVISIONED | link.STATUS_TWO_DECIMALS);
    expect(valueAt(7)).toBe(5);
    expect(valueAt(8)).toBe(2297);
    expect(valueAt(9)).toBe(2298);
    expect(valueAt(10)).toBe(2299);
    expect(valueAt(11)).toBe(0x4f4e);
    expect(longAt(12)).toBe(NOON_S);
    expect(longAt(14)).toBe(0x53525150);
    expect(longAt(16)).toBe(0x57565554);
    expect(longAt(18)).toBe(0x63626160);
    expect(valueAt(0x14)).toBe(2);
    expect(valueAt(0x15)).toBe(0);
    expect(longAt(0x16)).toBe(0x77767574);
    const settings: i32[] = [
      0x67,
      0x68,
      0x69,
      ADDRESS,
      0x6b,
      0x6d6c,
      0x6f6e,
      0x7170,
      1,
      0x64,
      0x65,
    ];
    for (let i = 0; i < settings.length; i++) expect(valueAt(0x18 + i)).toBe(settings[i], `${i}`);
    expect(longAt(0x23)).toBe(0x7b7a7978);
    for (let address = 0x25; address <= 0x3f; address++) expect(valueAt(address)).toBe(0);
  });

  it("tells of all households in arrays", () => {
    const first: i32[] = [0x100, 0x180, 0x240, 0x2a0];
    const fields: i32[] = [0, 4, 5, 2];
    for (let i = 0; i < first.length; i++) {
      expect(read(first[i], 78)).toBe(78);
      for (let household = 1; household <= 39; household++) {
        const value =
          ((<u32>registerOf(2 * household - 2)) << 16) | (<u32>registerOf(2 * household - 1));
        const expected = used(household) ? fieldOf(household, fields[i]) : 0xffffffff;
        expect(value).toBe(expected, `${first[i]}: ${household}`);
      }
    }
    expect(read(0x200, 39)).toBe(39);
    for (let household = 1; household <= 39; household++) {
      const expected = used(household) ? statusOf(household) : 0xffff;
      expect(registerOf(household - 1)).toBe(expected, `${household}`);
    }
  });

  it("tells of each household in its block", () => {
    for (let household = 1; household <= 39; household++) {
      const first = 0x1000 + 0x40 * (household - 1);
      expect(read(first, 64)).toBe(64);
      if (!used(household)) {
        for (let i = 0; i < 64; i++) expect(registerOf(i)).toBe(0);
        continue;
      }
      expect(registerOf(0)).toBe(household);
      expect(registerOf(1)).toBe(household & 3);
      expect(registerOf(2)).toBe(household & 0x7f);
      expect(registerOf(3)).toBe(1 << (household % 3));
      for (let i = 0; i < 12; i++) {
        const value = ((<u32>registerOf(4 + 2 * i)) << 16) | (<u32>registerOf(5 + 2 * i));
        expect(value).toBe(fieldOf(household, i), `${household}: ${i}`);
      }
      expect(registerOf(0x1c)).toBe(statusOf(household));
      expect(registerOf(0x1d)).toBe(2297 + (household % 3));
      for (let i = 0x1e; i < 64; i++) expect(registerOf(i)).toBe(0);
    }
  });

  it("says the same to function 04, and 125 registers at once", () => {
    expect(read(0x1000, 125)).toBe(125);
    const sum: i32[] = [];
    for (let i = 0; i < 125; i++) sum.push(registerOf(i));
    expect(ask([ADDRESS, 4, 0x10, 0, 0, 125])).toBe(253);
    expect(byteOf(1)).toBe(4);
    for (let i = 0; i < 125; i++) expect(registerOf(i)).toBe(sum[i]);
  });

  it("reads half of a 32-bit value", () => {
    expect(valueAt(0x101)).toBe(<i32>(fieldOf(1, 0) & 0xffff));
    expect(valueAt(0x102)).toBe(<i32>(fieldOf(2, 0) >> 16));
  });

  it("tells nothing of a silent meter but what is the panel's own", () => {
    snapshotLost(true);
    expect(valueAt(0)).toBe(-4);
    expect(valueAt(0x1000)).toBe(-4);
    expect(valueAt(0x310)).toBe(0);
  });
});
