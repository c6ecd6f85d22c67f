/** What a test of the self-test found. */

export interface Verdict {
  test: string;
  result: "pass" | "fail" | "skipped";
  /** What was measured, or why it was left out. */
  found: string;
  /** What it should have been. */
  limits: string;
}

/** Runs tests one after the other and keeps what they found. */
export class Record {
  readonly verdicts: Verdict[] = [];

  constructor(private readonly tell: (verdict: Verdict) => void) {}

  judge(test: string, good: boolean, found: string, limits: string): boolean {
    this.add({ test, result: good ? "pass" : "fail", found, limits });
    return good;
  }

  skip(test: string, why: string): void {
    this.add({ test, result: "skipped", found: why, limits: "" });
  }

  get failed(): boolean {
    return this.verdicts.some(({ result }) => result === "fail");
  }

  private add(verdict: Verdict): void {
    this.verdicts.push(verdict);
    this.tell(verdict);
  }
}
