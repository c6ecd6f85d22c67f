/** Seeded random numbers (xorshift32, Marsaglia 2003): the same seed gives the same run anywhere. */
export class Random {
  private state: number;

  /** Any seed will do; 0 is replaced, as xorshift stays at 0. */
  constructor(seed: number) {
    this.state = seed >>> 0 || 0x9e3779b9;
    for (let i = 0; i < 8; i++) this.next(); // neighbouring seeds start alike
  }

  /** The next number, 1..2^32 - 1. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (this.state = x >>> 0);
  }

  /** A whole number from 0 below `limit` (1..2^32). */
  below(limit: number): number {
    return Math.floor((this.next() / 0x100000000) * limit);
  }
}
