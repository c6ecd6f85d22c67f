/** Chain of ten 74HC595 shift registers with output latches (Texas Instruments SCLS041). The first
 *  byte sent ends in the far chip. The rising select is RCLK; OE is wired to its own pin, with a
 *  pull-up, so that the outputs are off until the core takes it low. */

export const OUTPUT_BYTES = 10;

export class OutputChain {
  /** The latches: byte 0 is the far chip. */
  readonly outputs = new Uint8Array(OUTPUT_BYTES);
  private readonly register = new Uint8Array(OUTPUT_BYTES);

  /** `onChange` is called when outputs may have changed; `enabled` is false while OE is high. */
  constructor(private readonly onChange: (outputs: Uint8Array, enabled: boolean) => void) {
    this.powerOn();
  }

  private enabled = false;

  /** At power up registers and latches hold anything; here the worst: every coil on. */
  powerOn(): void {
    this.register.fill(0xff);
    this.outputs.fill(0xff);
    this.enabled = false;
  }

  /** OE: low enables the outputs. */
  setOutputOff(level: number): void {
    const enabled = level === 0;
    if (enabled === this.enabled) return;
    this.enabled = enabled;
    this.onChange(this.outputs, enabled);
  }

  /** Shifts `size` bytes in and latches. The last chip's serial output is not connected. */
  transfer(memory: Uint8Array, offset: number, size: number): void {
    let changed = false;
    for (let i = 0; i < size; i++) {
      this.register.copyWithin(0, 1);
      this.register[OUTPUT_BYTES - 1] = memory[offset + i];
      memory[offset + i] = 0xff;
    }
    for (let i = 0; i < OUTPUT_BYTES; i++) {
      if (this.outputs[i] !== this.register[i]) changed = true;
      this.outputs[i] = this.register[i];
    }
    if (changed) this.onChange(this.outputs, this.enabled);
  }
}
