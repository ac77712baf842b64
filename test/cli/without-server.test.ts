// Commands on a project where no server runs: they read the DAG folder and the history themselves.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { stepwind } from "./captured-terminal.ts";

const ORDERS = `import { Dag, getContext } from "stepwind";
import { bash } from "stepwind/operators";
export const dag = new Dag("orders", { schedule: "0 6 * * *", startDate: "2026-01-01", tags: ["shop"],
  params: { day: "monday" }, defaultArgs: { owner: "ann" } });
const fetchAll = dag.task("fetch", bash({ bashCommand: "echo Hello" }))();
const load = dag.task("load", async ({ text }: { text: string }) => {
  console.log(text, getContext().params["day"]);
  if (getContext().params["day"] === "sunday") throw new TypeError("closed on\\nsundays");
}, { retries: 1, retryDelay: 0 });
load({ text: fetchAll });
`;

function project(files: Readonly<Record<string, string>> = { "orders.ts": ORDERS }): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "dags", name), text);
  return folder;
}

test("dags list shows schedules and owners; as JSON the API's fields", async () => {
  const folder = project();
  const { code, out } = await stepwind(folder, "dags", "list");
  expect(code).toBe(0);
  expect(out).toMatch(/^orders +0 6 \* \* \* +due +- +orders\.ts +ann +shop$/m);
  const json = await stepwind(folder, "dags", "list", "--output", "json");
  expect(JSON.parse(json.out)).toMatchObject([{ dag_id: "orders", is_paused: false }]);
  const plain = await stepwind(folder, "dags", "list", "-o", "plain");
  expect(plain.out.split("\n")[0]).toMatch(/^dag_id +schedule/);
});

test("a triggered run is recorded, waits for a server, and is found by its date", async () => {
  const folder = project();
  const date = "2026-01-05T06:00:00Z";
  const triggered = await stepwind(folder, "dags", "trigger", "orders", "-l", date, "-r", "mine");
  expect(triggered).toMatchObject({ code: 0, out: "orders mine queued\n" });
  expect(triggered.err).toContain("stepwind standalone");
  const state = await stepwind(folder, "dags", "state", "orders", date);
  expect(state.out).toBe("queued\n");
  expect(state.err).toContain("No server runs here: the run starts with");
  expect((await stepwind(folder, "dags", "state", "orders")).out).toBe("queued\n");
  const runs = await stepwind(folder, "dags", "list-runs", "orders", "-o", "json");
  expect(JSON.parse(runs.out)).toMatchObject([{ dag_run_id: "mine", logical_date: date }]);
  const tasks = await stepwind(folder, "tasks", "states-for-dag-run", "orders", "mine");
  expect(tasks.out).toMatch(/^fetch +no status /m);
  const logs = await stepwind(folder, "tasks", "logs", "orders", "latest", "load");
  expect(logs).toMatchObject({ code: 0, out: "" });
  expect(logs.err).toContain("has not run");
  const again = await stepwind(folder, "dags", "trigger", "orders", "-l", "none", "-r", "mine");
  expect(again.code).toBe(1);
  expect(again.err).toContain('already has a run with id "mine"');
  const sameDate = await stepwind(folder, "dags", "trigger", "orders", "-l", date);
  expect(sameDate.err).toContain('"orders" already has a run with logical date 2026-01-05T06:00');
});

test("a run that begins at a task of an earlier one needs both, and that one's end", async () => {
  const folder = project();
  await stepwind(folder, "dags", "trigger", "orders", "-l", "none", "-r", "mine");
  const from = ["dags", "trigger", "orders", "--from-run", "mine"];
  const half = await stepwind(folder, ...from);
  expect(half).toMatchObject({ code: 2, out: "" });
  expect(half.err).toContain("--from-run and --from-task go together");
  const whole = await stepwind(folder, ...from, "--from-task", "load");
  expect(whole).toMatchObject({ code: 1, out: "" });
  expect(whole.err).toContain('Run "mine" of DAG "orders" is queued');
  const other = ["dags", "trigger", "orders", "--from-run", "none", "--from-task", "load"];
  expect((await stepwind(folder, ...other)).err).toContain('"none"');
});

test("trigger, state and next-execution answer programs with the API's fields", async () => {
  const folder = project();
  const json = async (...argv: readonly string[]) =>
    JSON.parse((await stepwind(folder, "dags", ...argv, "-o", "json")).out);
  const date = "2026-01-05T06:00:00Z";
  const run = { dag_id: "orders", dag_run_id: "mine", logical_date: date, state: "queued" };
  expect(await json("trigger", "orders", "-l", date, "-r", "mine")).toMatchObject([run]);
  expect(await json("state", "orders")).toMatchObject([run]);
  expect(await json("next-execution", "orders")).toMatchObject([
    { dag_id: "orders", next_dagrun_run_after: expect.stringMatching(/T06:00:00Z$/) },
  ]);
  const plain = await stepwind(folder, "dags", "state", "orders", "-o", "plain");
  expect(plain.out).toMatch(/^dag_id +run_id +state .*\norders +mine +queued /);
});

test("list-runs says on stderr that there are older runs, in every form", async () => {
  const folder = project();
  for (const id of ["one", "two", "three"]) {
    await stepwind(folder, "dags", "trigger", "orders", "-l", "none", "-r", id);
  }
  const some = await stepwind(folder, "dags", "list-runs", "--limit", "2", "-o", "json");
  expect(JSON.parse(some.out)).toHaveLength(2);
  expect(some.err).toContain(
    "These are the newest 2 runs; there are older ones; --limit shows more",
  );
  const table = await stepwind(folder, "dags", "list-runs", "orders", "--limit", "2");
  expect(table.err).toBe(some.err);
  expect((await stepwind(folder, "dags", "list-runs", "orders", "--limit", "3")).err).toBe("");
});

test("names that are nearly right are suggested", async () => {
  const folder = project();
  await stepwind(folder, "dags", "trigger", "orders", "-r", "nightly");
  for (const [argv, suggested] of [
    [["dags", "trigger", "order"], '"orders"'],
    [["dags", "state", "Orders"], '"orders"'],
    [["dags", "state", "orders", "nightli"], '"nightly"'],
    [["tasks", "logs", "orders", "nightly", "laod"], '"load"'],
    [["dags", "test", "oders"], '"orders"'],
  ] as const) {
    const { code, err } = await stepwind(folder, ...argv);
    expect(err).toContain(`Did you mean ${suggested}?`);
    expect(code).toBe(1);
  }
});

test("a paused DAG stays paused, and a deleted one loses its runs", async () => {
  const folder = project();
  await stepwind(folder, "dags", "trigger", "orders", "-r", "mine");
  await stepwind(folder, "dags", "pause", "orders");
  expect((await stepwind(folder, "dags", "list")).out).toContain("paused");
  const active = await stepwind(folder, "dags", "unpause", "orders");
  expect(active.out).toContain('DAG "orders" is active');
  rmSync(join(folder, "dags/orders.ts"));
  const unsure = await stepwind(folder, "dags", "delete", "orders");
  expect(unsure.code).toBe(1);
  expect(unsure.err).toContain("is kept");
  expect((await stepwind(folder, "dags", "delete", "orders", "--yes")).code).toBe(0);
  expect((await stepwind(folder, "dags", "list-runs", "-o", "json")).out).toBe("[]\n");
});

test("import errors come with file, line and exit code 1", async () => {
  const folder = project({ "orders.ts": ORDERS, "broken.ts": `${ORDERS}const = 3;\n` });
  const { code, out } = await stepwind(folder, "dags", "list-import-errors");
  expect(code).toBe(1);
  expect(out).toMatch(/^dags\/broken\.ts:11 {2}error {2}syntax-error {2}/m);
  const list = await stepwind(folder, "dags", "list");
  expect(list.err).toContain("1 DAG file has mistakes");
});

test("compile prints the state machine", async () => {
  const folder = project();
  const { code, out } = await stepwind(folder, "dags", "compile", "dags/orders.ts");
  expect(code).toBe(0);
  expect(Object.keys(JSON.parse(out).States)).toContain("load");
  const absent = await stepwind(folder, "dags", "compile", "dags/other.ts");
  expect(absent).toMatchObject({ code: 1, out: "" });
});

test("dags test runs a file once, with its logs, and leaves no trace", async () => {
  const folder = project();
  const { code, out } = await stepwind(folder, "dags", "test", "dags/orders.ts");
  expect(out).toContain("✓ fetch  success");
  expect(out).toMatch(/load {2}│ .* Hello monday\n/);
  expect(out).toMatch(/✓ orders success in/);
  expect(code).toBe(0);
  expect((await stepwind(folder, "dags", "list-runs", "-o", "json")).out).toBe("[]\n");
});

test("dags test runs nothing beside the one run, though the schedule is due", async () => {
  const folder = project({
    "due.ts": `import { appendFileSync } from "node:fs";
import { Dag, getContext } from "stepwind";
export const dag = new Dag("due", { schedule: "@hourly", startDate: "2026-01-01" });
dag.task("note", async () => {
  appendFileSync(process.env["DUE_NOTES"]!, getContext().runId + "\\n");
  await new Promise((resolve) => setTimeout(resolve, 300));
})();
`,
  });
  const notes = join(folder, "notes.txt");
  vi.stubEnv("DUE_NOTES", notes);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect((await stepwind(folder, "dags", "test", "due")).code).toBe(0);
  expect(readFileSync(notes, "utf8")).toMatch(/^manual__\S+\n$/);
});

test("dags test of a DAG that fails tells the whole error and exits with 1", async () => {
  const folder = project();
  const { code, out } = await stepwind(
    folder,
    ...["dags", "test", "orders", "--conf", '{"day": "sunday"}', "--logical-date", "2026-01-04"],
  );
  expect(out).toContain("✗ load failed after 2 tries\n  TypeError: closed on\n  sundays\n");
  expect(out).toMatch(/✗ orders failed in/);
  expect(code).toBe(1);
});

test("of a file with several DAGs, one is to be named", async () => {
  const folder = project({ "two.ts": `${ORDERS}export const other = new Dag("other");\n` });
  const { code, err } = await stepwind(folder, "dags", "test", "dags/two.ts");
  expect(err).toContain("2 DAGs: orders, other");
  expect(code).toBe(2);
  const other = await stepwind(folder, "dags", "test", "dags/two.ts", "--dag-id", "other");
  expect(other.out).toMatch(/✓ other success in/);
  expect((await stepwind(folder, "dags", "compile", "dags/two.ts", "--dag-id", "x")).code).toBe(1);
});

test("dags test of a broken file shows the mistake", async () => {
  const folder = project({ "broken.ts": `${ORDERS}const = 3;\n` });
  const { code, err } = await stepwind(folder, "dags", "test", "dags/broken.ts");
  expect(err).toContain("dags/broken.ts:11  error  syntax-error");
  expect(code).toBe(1);
});

test("a file that is named is never ignored, and its place is the one that was written", async () => {
  const folder = project({ "plain.ts": "export const n = 1;" });
  mkdirSync(join(folder, "dags", "etl"));
  writeFileSync(join(folder, "dags", "etl", "x.ts"), `${ORDERS}const broken = {;`);
  const plain = await stepwind(folder, "dags", "test", "dags/plain.ts");
  expect(plain.code).toBe(1);
  expect(plain.err).toMatch(/^dags\/plain\.ts {2}warning .* plain\.ts exports no DAG/);
  const broken = await stepwind(folder, "dags", "test", "dags/etl/x.ts");
  expect(broken.err).toMatch(/^dags\/etl\/x\.ts:11 {2}error /);
});

test("a DAG whose file is broken is not just unknown", async () => {
  const folder = project({
    "orders.ts": ORDERS.replace('"orders"', '"sales"'),
    "broken.ts": `${ORDERS}const = 3;\n`,
  });
  const tested = await stepwind(folder, "dags", "test", "orders");
  expect(tested.err).toContain("dags/broken.ts:11  error  syntax-error");
  expect(tested.err).toContain('DAG "orders" can\'t run: its file has mistakes');
  expect(tested.code).toBe(1);
  const other = await stepwind(folder, "dags", "test", "nothing");
  expect(other.err).toContain('There is no DAG "nothing"');
  const triggered = await stepwind(folder, "dags", "trigger", "orders");
  expect(triggered.err).toContain('There is no DAG "orders"');
  expect(triggered.err).toContain("1 DAG file has mistakes; see them with");
});

test("escape codes that a task writes don't reach the terminal", async () => {
  const folder = project({
    "rude.ts": `import { Dag } from "stepwind";
export const dag = new Dag("rude", { schedule: null });
dag.task("t", async () => {
  console.log("\\u001b[2Jcleared \\u001b]0;title\\u0007and \\u001b[31mred\\u001b[0m");
  throw new Error("\\u001b[1Anot up");
})();
`,
  });
  const { out, err } = await stepwind(folder, "dags", "test", "rude");
  expect(out).toContain("cleared and red\n");
  expect(out).toContain("Error: not up");
  expect(out + err).not.toContain("\u001b");
});
