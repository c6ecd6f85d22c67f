/** The second-stage boot, run from memory as the boot ROM does, against a flash that answers only its status:
 *  what it leaves in the SSI for either kind of flash, and where it goes from there. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { RP2040 } from "rp2040js";
import { firmware } from "../../scripts/firmware.ts";

const IMAGE = fileURLToPath(new URL("../../build/pico/meter-c.bin", import.meta.url));
/** Where the ROM puts it (data sheet 2.8.1.3). */
const HOME = 0x20041f00;
const SSI_PAGE = 0x18000;
const [CTRLR0, SSIENR, SER, BAUDR, SR, DR0, SPI_CTRLR0] = [0, 0x08, 0x10, 0x14, 0x28, 0x60, 0xf4];
const CONFIGURED = [CTRLR0, SER, BAUDR, SPI_CTRLR0];
const SR_TFE = 4;
const STEP_LIMIT = 2000;

/** The SSI's registers; `sent` are words that went to the flash. Settings change only while it is off. */
class Ssi {
  readonly registers = new Map<number, number>([[SSIENR, 1]]);
  readonly sent: number[] = [];
  private answers: number[] = [];
  constructor(private readonly status_2: number) {}

  readUint32(offset: number): number {
    if (offset === SR) return SR_TFE;
    if (offset !== DR0) return this.registers.get(offset) ?? 0;
    assert.ok(this.answers.length > 0, "nothing was received");
    return this.answers.shift()!;
  }

  writeUint32(offset: number, value: number): void {
    const is_on = this.registers.get(SSIENR) === 1;
    if (CONFIGURED.includes(offset)) assert.ok(!is_on, `register ${offset} written while on`);
    if (offset === SSIENR && value === 0) this.answers = [];
    if (offset !== DR0) {
      this.registers.set(offset, value >>> 0);
      return;
    }
    assert.ok(is_on, "sent while off");
    this.answers.push(this.sent.at(-1) === 0x35 ? this.status_2 : 0xff);
    this.sent.push(value);
  }

  writeUint32Atomic(offset: number, value: number): void {
    this.writeUint32(offset, value);
  }
}

/** Runs it and returns what it did; it must end in the vector table's reset with its stack. */
function boot(status_2: number): Ssi {
  const image = readFileSync(IMAGE);
  const view = new DataView(image.buffer, image.byteOffset);
  const chip = new RP2040();
  const ssi = new Ssi(status_2);
  (chip as unknown as { peripherals: Record<number, unknown> }).peripherals[SSI_PAGE] = ssi;
  chip.flash.set(image);
  chip.sram.set(image.subarray(0, 256), HOME - 0x20000000);
  chip.core.PC = HOME;
  let steps = 0;
  for (; chip.core.PC >= 0x20000000; steps++) {
    assert.ok(steps < STEP_LIMIT, "it does not end");
    chip.core.executeInstruction();
  }
  assert.equal(chip.core.PC, view.getUint32(0x104, true) & ~1);
  assert.equal(chip.core.SP, view.getUint32(0x100, true));
  assert.equal(chip.core.VTOR, 0x10000100);
  assert.equal(ssi.registers.get(SSIENR), 1);
  assert.equal(ssi.registers.get(SER), 1);
  return ssi;
}

before(() => firmware(["meter"], ["c"]));

test("a flash with its quad enable bit set is read on four lines, without commands", () => {
  const { registers, sent } = boot(0x02);
  assert.deepEqual(sent, [0x35, 0, 0xeb, 0xa0]);
  assert.equal(registers.get(BAUDR), 2);
  assert.equal(registers.get(CTRLR0), (2 << 21) | (31 << 16) | (3 << 8));
  assert.equal(registers.get(SPI_CTRLR0), 0xa0000000 + ((4 << 11) | (8 << 2) | 2));
});

test("any other flash is read with 03h on one line", () => {
  const { registers, sent } = boot(0x00);
  assert.deepEqual(sent, [0x35, 0]);
  assert.equal(registers.get(BAUDR), 4);
  assert.equal(registers.get(CTRLR0), (31 << 16) | (3 << 8));
  assert.equal(registers.get(SPI_CTRLR0), 0x03000000 + ((2 << 8) | (6 << 2)));
});
