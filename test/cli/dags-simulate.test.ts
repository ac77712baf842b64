// stepwind dags simulate: the runs of a range, for people and for programs, and what it refuses.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { stepwind } from "./captured-terminal.ts";

const REPORT = `import { Asset, Dag } from "stepwind";
export const dag = new Dag("report", { schedule: "0 6 * * *", startDate: "2026-01-01", catchup: true });
const load = dag.task("load", async () => 1, { retries: 1, retryDelay: "1 minute" });
const write = dag.task("write", async ({ rows }: { rows: number }) => rows);
write({ rows: load() });
export const byHand = new Dag("by_hand", { schedule: null });
byHand.task("t", async () => 1)();
export const byAsset = new Dag("by_asset", { schedule: [new Asset("orders")] });
byAsset.task("t", async () => 1)();
`;

function project(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  writeFileSync(join(folder, "dags", "report.ts"), REPORT);
  return folder;
}

const RANGE = ["--from", "2026-01-30", "--to", "2026-02-01"] as const;

test("people see a line per run and the peak; programs all of it", async () => {
  const folder = project();
  const outcomes = { runs: { "2026-01-31": { load: { failures: 2, duration: "10 minutes" } } } };
  writeFileSync(join(folder, "outcomes.json"), JSON.stringify(outcomes));
  const told = ["--outcomes", "outcomes.json"];
  const { code, out, err } = await stepwind(
    folder,
    ...["dags", "simulate", "report", ...RANGE, ...told],
  );
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const lines = out.split("\n");
  expect(lines[1]).toMatch(/^2026-01-30T06:00:00\+00:00 .* success +- +- +-$/);
  expect(lines[2]).toMatch(/^2026-01-31T06:00:00\+00:00 .* 21 min +failed +load +- +write$/);
  expect(out).toContain("3 runs, 1 failed, at most 1 run and 1 task at the same time");
  const json = await stepwind(folder, "dags", "simulate", "report", ...RANGE, "-o", "json");
  expect(JSON.parse(json.out)).toMatchObject({
    dag_id: "report",
    peak_active_runs: 1,
    peak_active_tasks: 1,
    warnings: [],
    dag_runs: [
      {
        dag_run_id: "scheduled__2026-01-30T06:00:00+00:00",
        state: "success",
        start_date: "2026-01-30T06:00:00.000Z",
        task_instances: [
          { task_id: "load", state: "success", try_number: 1 },
          { task_id: "write", state: "success" },
        ],
      },
      {},
      {},
    ],
  });
});

test("what can't be simulated is refused with what to do", async () => {
  const folder = project();
  writeFileSync(join(folder, "bad.json"), '{"tasks": {"loadd": "failed"}}');
  writeFileSync(join(folder, "broken.json"), "{");
  const refused = async (...argv: readonly string[]) => {
    const { code, err } = await stepwind(folder, "dags", "simulate", ...argv);
    expect(code).not.toBe(0);
    return err;
  };
  expect(await refused("reprot", ...RANGE)).toContain('There is no DAG "reprot"');
  expect(await refused("by_hand", ...RANGE)).toContain("has no schedule");
  expect(await refused("by_asset", ...RANGE)).toContain("runs when assets have changed");
  expect(await refused("report", "--from", "2026-02-01", "--to", "2026-01-01")).toContain(
    "--from 2026-02-01 is after --to 2026-01-01",
  );
  expect(await refused("report", "--from", "soon", "--to", "2026-01-01")).toContain(
    '--from takes an ISO date, such as 2026-01-31, got "soon"',
  );
  expect(await refused("report", ...RANGE, "--outcomes", "bad.json")).toContain(
    'did you mean "load"?',
  );
  expect(await refused("report", ...RANGE, "--outcomes", "broken.json")).toContain("no JSON");
  expect(await refused("report", ...RANGE, "--outcomes", "none.json")).toContain("can't be read");
});
