// stepwind backfill on a project where no server runs: what is recorded, listed and refused.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toBar } from "../../src/cli/commands/backfill/watch-backfill.ts";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { stepwind } from "./captured-terminal.ts";

const FILE = `import { Dag, param } from "stepwind";
export const orders = new Dag("orders", { schedule: "@daily", params: { day: param("monday", { type: "string" }) } });
orders.task("load", async () => 1)();
export const byHand = new Dag("by_hand", { schedule: null });
byHand.task("load", async () => 1)();
`;

function project(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  writeFileSync(join(folder, "dags", "orders.ts"), FILE);
  return folder;
}

const RANGE = ["--from-date", "2026-01-01", "--to-date", "2026-01-03"] as const;
const CREATE = ["backfill", "create", "--dag-id", "orders", ...RANGE] as const;

test("a dry run lists each date with what would become of it, and changes nothing", async () => {
  const folder = project();
  const tried = await stepwind(folder, ...CREATE, "--dry-run", "--run-backwards");
  expect(tried.code).toBe(0);
  expect(tried.out.split("\n").slice(1, 4)).toEqual([
    "2026-01-03 00:00:00  a new run",
    "2026-01-02 00:00:00  a new run",
    "2026-01-01 00:00:00  a new run",
  ]);
  expect(tried.err).toContain("3 runs would be attempted; nothing was changed");
  expect((await stepwind(folder, "backfill", "list", "--dag-id", "orders")).err).toBe(
    "No backfills\n",
  );
});

test("a backfill is recorded for the next server, listed, paused, unpaused and cancelled", async () => {
  const folder = project();
  const conf = ["--dag-run-conf", '{"day":"friday"}'];
  const created = await stepwind(folder, ...CREATE, ...conf, "--max-active-runs", "2");
  expect(created.code).toBe(0);
  expect(created.err).toContain("No server runs here: its runs start with");
  const id = /Backfill (\d+) of orders has begun/.exec(created.out)?.[1] ?? "";
  const list = await stepwind(folder, "backfill", "list", "--dag-id", "orders", "-o", "json");
  expect(JSON.parse(list.out)).toMatchObject([
    { id: Number(id), dag_run_conf: { day: "friday" }, max_active_runs: 2, is_paused: false },
  ]);
  for (const [action, state] of [
    ["pause", "paused"],
    ["unpause", "running"],
    ["cancel", "cancelled"],
  ] as const) {
    const { out } = await stepwind(folder, "backfill", action, id);
    expect(out).toBe(`Backfill ${id} of orders: ${state}\n`);
  }
  const again = await stepwind(folder, "backfill", "cancel", id);
  expect([again.code, again.err]).toEqual([1, "error Backfill is already completed.\n"]);
});

test("wrong input is refused, with what to do", async () => {
  const folder = project();
  const refused: readonly (readonly [readonly string[], number, string])[] = [
    [["backfill", "create", "--dag-id", "order", ...RANGE], 1, 'Did you mean "orders"?'],
    [["backfill", "create", "--dag-id", "by_hand", ...RANGE], 1, "does not support backfills"],
    [["backfill", "create", "--dag-id", "orders"], 2, "--from-date"],
    [[...CREATE, "--reprocess-behavior", "all"], 2, "Allowed choices are none, completed, failed"],
    [[...CREATE, "--dag-run-conf", "{"], 2, "must be a JSON object"],
    [[...CREATE, "--dag-run-conf", '{"day":5}'], 1, "can't be backfilled with this conf: day"],
    [[...CREATE, "--max-active-runs", "0"], 2, "at least 1"],
    [[...CREATE, "--to-date", "2025-01-01"], 1, "must not be after to_date"],
    [[...CREATE, "--to-date", "tomorrow"], 2, "must be an ISO date"],
    [["backfill", "list", "--dag-id", "none"], 1, 'There is no DAG "none"'],
    [["backfill", "pause", "7"], 1, "Could not find backfill with id 7"],
    [["backfill", "pause", "seven"], 2, "must be the number of a backfill"],
  ];
  for (const [argv, code, text] of refused) {
    const answer = await stepwind(folder, ...argv);
    expect([answer.code, answer.err], argv.join(" ")).toEqual([
      code,
      expect.stringContaining(text),
    ]);
  }
});

test("the bar shows dates that are done, runs that go on, and dates that were left out", () => {
  const progress = { total_dates: 30, dealt_with: 17, active_runs: 2, is_cancelled: false };
  const skipped = { "already exists": 3 };
  expect(toBar({ ...progress, skipped }, false)).toBe(
    `${"█".repeat(15)}${"░".repeat(15)} 15 of 30 dates, 2 active runs, 3 left out`,
  );
  expect(toBar({ ...progress, skipped: {}, dealt_with: 32, total_dates: 30 }, true)).toBe(
    `${"█".repeat(30)} 30 of 30 dates, 2 active runs, paused`,
  );
});
