/** The line commands that change something: recharge, switch, set, clock. */

import { Argument, Option, type Command } from "commander";
import { amount, order, whole } from "../options.ts";
import { InputError } from "../simulate/errors.ts";
import { newPasswordOf, passwordOf, withSigned } from "./authority.ts";
import { chooseBoxes } from "./boxes.ts";
import { ModbusTalker } from "./by-modbus.ts";
import { clockRow, setClockByPassword, setClockSigned } from "./clock.ts";
import { authorityOptions, boxOptions, lineOptions, signedOptions } from "./command-options.ts";
import type { BoxedOptions, ChangeOptions, Finish } from "./command-options.ts";
import { rowsJson, rowsTable, type Row } from "./read.ts";
import { recharge, rechargedText } from "./recharge.ts";
import { eachBox, EXIT_DONE, namedBox, needDlt, withLine } from "./session.ts";
import type { LineOptions, Session, World } from "./session.ts";
import * as setting from "./set.ts";
import * as switching from "./switch.ts";
import type { BoxPlace } from "./talker.ts";
import { boxTime } from "./times.ts";

function onlyBox({ box, boxes, protocol }: BoxedOptions): BoxPlace {
  const places = box === "all" ? [] : chooseBoxes(box, boxes, protocol);
  if (places.length !== 1) throw new InputError("--box: one box");
  return places[0];
}

interface RechargeOptions extends BoxedOptions {
  keys: string;
  store: string;
  household: number;
  amount: number;
  order?: string;
}

async function sell(options: RechargeOptions, world: World): Promise<number> {
  const place = onlyBox(options);
  return withSigned(options, (desk) =>
    withLine(options, world, async (session) => {
      const box = await namedBox(session, place);
      const done = await recharge(desk, session.talker, box, options);
      const { sale, outcome, repeated } = done;
      const told = { remaining: outcome === null ? null : outcome.remaining / 100, repeated };
      const { number, household, order } = sale;
      const result = { box: box.number, household, number, amount: sale.amount / 100, order };
      world.print(options.json ? JSON.stringify({ ...result, ...told }) : rechargedText(done));
      return EXIT_DONE;
    }),
  );
}

interface SwitchOptions extends ChangeOptions {
  household: number;
  then: "close" | "allow";
  valid: number;
}

async function switchOne(
  action: switching.Action,
  minutes: number | undefined,
  options: SwitchOptions,
  world: World,
): Promise<number> {
  const place = onlyBox(options);
  const wanted = switching.switchingOf(action, minutes, options.then);
  const { household, valid } = options;
  const password = passwordOf(options);
  const work = (change: (session: Session, box: BoxPlace) => Promise<void>): Promise<number> =>
    withLine(options, world, async (session) => {
      const box = await namedBox(session, place);
      await change(session, box);
      const text = `household ${household} of box ${box.number}: ${action} done`;
      world.print(options.json ? JSON.stringify({ box: box.number, household, action }) : text);
      return EXIT_DONE;
    });
  if (password === null) {
    return withSigned(options, (desk) =>
      work(({ talker }, box) => switching.switchSigned(desk, talker, box, household, wanted)),
    );
  }
  return work((session, box) => {
    const talker = needDlt(session, "switching by password");
    return switching.switchByPassword(talker, box, household, wanted, password, valid);
  });
}

async function setAll(
  texts: string[],
  options: ChangeOptions & { newPassword?: string },
  world: World,
): Promise<number> {
  const changes = texts.map((text) =>
    setting.parseSetting(text, () => newPasswordOf(options.newPassword)),
  );
  const places = chooseBoxes(options.box, options.boxes, options.protocol);
  const password = passwordOf(options);
  const work = (
    change: (session: Session, box: BoxPlace, each: (typeof changes)[0]) => Promise<void>,
  ): Promise<number> =>
    withLine(options, world, (session) =>
      eachBox(session, places, async (box) => {
        for (const each of changes) {
          await change(session, box, each);
          world.print(`box ${box.number}: ${setting.settingText(each)}`);
        }
      }),
    );
  if (password === null) {
    return withSigned(options, (desk) =>
      work(({ talker }, box, each) => setting.setSigned(desk, talker, box, each)),
    );
  }
  changes.forEach(setting.checkByPassword);
  return work((session, box, each) => {
    const talker = needDlt(session, "setting by password");
    return setting.setByPassword(talker, box, each, password);
  });
}

function printRows(rows: Row[], json: boolean | undefined, world: World): void {
  if (json) world.print(rowsJson(rows));
  else if (rows.length > 0) world.print(rowsTable(rows));
}

async function showClocks(options: BoxedOptions, world: World): Promise<number> {
  const places = chooseBoxes(options.box, options.boxes, options.protocol);
  return withLine(options, world, async (session) => {
    const rows: Row[] = [];
    const code = await eachBox(session, places, async (box) => {
      rows.push(await clockRow(session.talker, box, () => world.now()));
    });
    printRows(rows, options.json, world);
    return code;
  });
}

async function setClocks(options: ChangeOptions, world: World): Promise<number> {
  const places = chooseBoxes(options.box, options.boxes, options.protocol);
  const is_bare = options.keys === undefined && options.protocol === "modbus";
  const password = is_bare ? null : passwordOf(options);
  const work = (
    change: (session: Session, box: BoxPlace, time: number) => Promise<void>,
  ): Promise<number> =>
    withLine(options, world, (session) =>
      eachBox(session, places, async (box) => {
        await change(session, box, boxTime(world.now()));
        world.print(`box ${box.number}: clock set`);
      }),
    );
  if (is_bare) {
    return work(({ talker }, box, time) => (talker as ModbusTalker).setClock(box, time));
  }
  if (password === null) {
    return withSigned(options, (desk) =>
      work(({ talker }, box, time) => setClockSigned(desk, talker, box, time)),
    );
  }
  return work((session, box, time) => {
    const talker = needDlt(session, "the password");
    return setClockByPassword(talker, box, time, password);
  });
}

async function broadcastClock(options: LineOptions, world: World): Promise<number> {
  return withLine(options, world, async ({ talker }) => {
    await talker.broadcastClock(boxTime(world.now()));
    world.print("time sent to all boxes; each takes it within 5 minutes of its own, once a day");
    return EXIT_DONE;
  });
}

function addClock(program: Command, world: World, finish: Finish): void {
  const clock = program.command("clock").description("clocks of boxes");
  boxOptions(clock.command("show", { isDefault: true }))
    .description("shows clocks and by how many seconds they are ahead of this computer")
    .action(async (options: BoxedOptions) => finish(await showClocks(options, world)));
  authorityOptions(boxOptions(clock.command("set")))
    .description("sets clocks to this computer's standard time: signed, or by password")
    .action(async (options: ChangeOptions) => finish(await setClocks(options, world)));
  lineOptions(clock.command("broadcast"))
    .description("tells all boxes on the line the time")
    .action(async (options: LineOptions) => finish(await broadcastClock(options, world)));
}

/** Adds the commands that change something. */
export function addChangeCommands(program: Command, world: World, finish: Finish): void {
  signedOptions(boxOptions(program.command("recharge")))
    .description("sells one purchase by line, from the store that cards are sold from")
    .requiredOption("--household <n>", "household 1..39", whole(1, 39))
    .requiredOption("--amount <kWh>", "0.01..99999.90 kWh, or currency", amount)
    .option("--order <text>", "the office's own reference; an order is sold once", order)
    .action(async (options: RechargeOptions) => finish(await sell(options, world)));
  const then = new Option("--then <action>", "what open-for does at its end");
  authorityOptions(boxOptions(program.command("switch")))
    .description("opens and closes a household, by password or signed")
    .addArgument(new Argument("<ACTION>", "what to do").choices(switching.ACTIONS))
    .argument(
      "[MINUTES]",
      "of open-for: 5..1275 in steps of 5",
      whole(1, switching.LONGEST_OPEN_MIN),
    )
    .requiredOption("--household <n>", "household 1..39", whole(1, 39))
    .addOption(then.choices(["close", "allow"]).default("close"))
    .option("--valid <min>", "by password: how long the command may be taken", whole(1, 1440), 10)
    .action(async (action: switching.Action, minutes: number | undefined, options: SwitchOptions) =>
      finish(await switchOne(action, minutes, options, world)),
    );
  authorityOptions(boxOptions(program.command("set")))
    .description("changes settings: signed, or by password what touches no money")
    .argument("<SETTING...>", "NAME=VALUE, NAME:7=VALUE; password_2 or password_4 by name alone")
    .option("--new-password <digits>", "six digits; better in METER39_NEW_PASSWORD")
    .action(async (texts: string[], options: ChangeOptions) =>
      finish(await setAll(texts, options, world)),
    );
  addClock(program, world, finish);
}
