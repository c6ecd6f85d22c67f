/** The live view: paces the simulation by the wall clock, redraws about ten times a second, and turns
 *  keys into what a visitor does to the box. Power cuts and dialogues are shown in slow motion, as at
 *  720 x nobody would see them. Nothing here changes what a step of the simulation does. */

import logUpdate from "log-update";
import { emitKeypressEvents } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { screenText, type ViewState } from "./screen.ts";
import type { Simulation } from "./simulation.ts";

const FRAME_MS = 100;
const WORK_MS = 80; // of a frame, at most, for the simulation
const SPEEDS = [1, 5, 20, 60, 180, 720, 2000];
const SLOW_SPEED = 4;
const SLOW_S = 10; // simulated, after the power is back or a card was shown
const CUT_S = 5;
const MAXIMUM_READ_S = 300;
const MINIMUM_READ_S = 5;
const MAXIMUM_KWH = 99_999.99;

interface Key {
  name?: string;
  sequence?: string;
  ctrl?: boolean;
}

type Answer = (text: string) => void;

/** What may be typed as an answer. */
const NUMBERS = /^[\d.]$/;
const PRINTABLE = /^[\x20-\x7e]$/;

/** Some terminals do not tell their size, or tell 0. */
function terminalSize(): { columns: number; rows: number } {
  return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
}

class LiveView {
  private readonly view: ViewState;
  private quitting = false;
  private slow_until_s = -Infinity;
  private question = "";
  private typed = "";
  private answer: Answer | null = null;
  private allowed = NUMBERS;
  private readonly phases = [true, true, true];

  constructor(
    private readonly simulation: Simulation,
    speed: number,
  ) {
    const { columns, rows } = terminalSize();
    this.view = { speed, paused: false, slow: false, prompt: "", columns, rows };
    simulation.box.events.on("power", () => this.slowDown());
    this.setSpeed(speed);
  }

  async run(): Promise<void> {
    const { simulation } = this;
    logUpdate("setting up the box ...");
    simulation.setUp();
    let due_s = simulation.now_s;
    while (!this.quitting && !simulation.done) {
      const start_ms = performance.now();
      const speed = this.speedNow();
      due_s =
        speed === 0 ? Infinity : Math.min(due_s, simulation.now_s) + (speed * FRAME_MS) / 1000;
      if (this.view.paused) due_s = simulation.now_s;
      while (simulation.now_s < due_s && !simulation.done && this.speedNow() === speed) {
        simulation.step();
        if (performance.now() - start_ms > WORK_MS) break;
      }
      this.draw();
      await sleep(Math.max(1, FRAME_MS - (performance.now() - start_ms)));
    }
    simulation.finish();
    this.draw();
  }

  press(key: Key): void {
    if (key.ctrl && key.name === "c") this.quitting = true;
    else if (this.answer !== null) this.type(key);
    else this.command(key.sequence ?? "");
  }

  private draw(): void {
    const { columns, rows } = terminalSize();
    const prompt = this.answer === null ? "" : `${this.question} ${this.typed}_`;
    const slow = this.speedNow() !== this.view.speed;
    Object.assign(this.view, { columns, rows, prompt, slow });
    logUpdate(screenText(this.simulation, this.view));
  }

  private command(key: string): void {
    const { simulation, view } = this;
    if (key === "q") this.quitting = true;
    else if (key === " ") view.paused = !view.paused;
    else if (key === "+" || key === "=") this.setSpeed(SPEEDS.find((s) => s > view.speed) ?? 0);
    else if (key === "-") this.slower();
    else if (key === "p" && simulation.box.powered) simulation.cutPower(CUT_S);
    else if (key === "s") simulation.plug(!simulation.plug_in);
    else if (/^[123]$/.test(key)) this.togglePhase((Number(key) - 1) as 0 | 1 | 2);
    else if (key === "c") this.askPurchase();
    else if (key === "k") this.askHousehold((household) => simulation.swipe(household));
    else if (key === "f") this.askFile();
    else if (key === "r") simulation.takeCardsAway();
  }

  private togglePhase(phase: 0 | 1 | 2): void {
    this.phases[phase] = !this.phases[phase];
    this.simulation.box.setPhase(phase, this.phases[phase]);
    const text = this.phases[phase] ? "is back" : "is missing";
    this.simulation.say(`phase ${"ABC"[phase]} ${text}`);
  }

  private askHousehold(then: (household: number) => void): void {
    this.ask("household:", (text) => {
      const household = Number(text);
      if (this.simulation.layout.some(({ number }) => number === household)) {
        this.slowDown();
        then(household);
      } else this.simulation.say(`there is no household ${text}`);
    });
  }

  private askPurchase(): void {
    this.askHousehold((household) =>
      this.ask(`household ${household} buys kWh:`, (text) => {
        const amount_kwh = Number(text);
        if (amount_kwh >= 0.01 && amount_kwh <= MAXIMUM_KWH) {
          this.slowDown();
          this.simulation.buy(household, Math.round(amount_kwh * 100), "buys");
        } else this.simulation.say(`"${text}" is not an amount 0.01..${MAXIMUM_KWH}`);
      }),
    );
  }

  private askFile(): void {
    const show = (path: string): void => {
      this.slowDown();
      this.simulation.showFile(path);
    };
    this.ask("card file (.mfd):", show, PRINTABLE);
  }

  private ask(question: string, answer: Answer, allowed = NUMBERS): void {
    this.question = question;
    this.allowed = allowed;
    this.typed = "";
    this.answer = answer;
  }

  private type({ name, sequence }: Key): void {
    if (name === "escape") this.answer = null;
    else if (name === "backspace") this.typed = this.typed.slice(0, -1);
    else if (name === "return" || name === "enter") {
      const { answer } = this;
      this.answer = null;
      answer?.(this.typed);
    } else if (this.allowed.test(sequence ?? "")) this.typed += sequence;
  }

  private slower(): void {
    const { speed } = this.view;
    const lower = speed === 0 ? SPEEDS : SPEEDS.filter((other) => other < speed);
    this.setSpeed(lower.at(-1) ?? SPEEDS[0]);
  }

  private setSpeed(speed: number): void {
    this.view.speed = speed;
    const wanted_s = speed === 0 ? MAXIMUM_READ_S : speed / 2; // half a second on the wall
    this.simulation.read_period_s = Math.min(MAXIMUM_READ_S, Math.max(MINIMUM_READ_S, wanted_s));
  }

  private slowDown(): void {
    this.slow_until_s = this.simulation.now_s + SLOW_S;
  }

  private speedNow(): number {
    const { speed } = this.view;
    if (this.simulation.now_s >= this.slow_until_s) return speed;
    return speed === 0 ? SLOW_SPEED : Math.min(speed, SLOW_SPEED);
  }
}

/** Runs a simulation on the terminal until it ends or the visitor quits. */
export async function runLive(simulation: Simulation, speed: number): Promise<void> {
  const live = new LiveView(simulation, speed);
  const onKey = (_text: string | undefined, key: Key): void => live.press(key);
  emitKeypressEvents(process.stdin);
  process.stdin.setRawMode(true);
  process.stdin.on("keypress", onKey);
  try {
    await live.run();
  } finally {
    logUpdate.done(); // brings the cursor back, also after an error
    process.stdin.off("keypress", onKey);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}
