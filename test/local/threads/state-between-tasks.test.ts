// Tasks share threads. What one changes in its thread must not reach the next.
import { expect, test } from "vitest";
import { createTaskBench } from "./task-bench.ts";

const ONE = { parallelism: 1 };
const seen = (result: unknown) => ({ kind: "success", result: JSON.stringify(result) });

test("what a task sets in process.env is gone for the next one, and what it deletes is back", async () => {
  const { run, runner } = await createTaskBench(
    `
    task("sets", () => { process.env.SECRET = "leaked"; process.env.PATH = "/nowhere"; delete process.env.HOME; });
    task("replaces", () => { process.env = { SECRET: "leaked" }; });
    task("reads", () => [process.env.SECRET ?? null, process.env.PATH, process.env.HOME]);
    dag.task("shell", bash({ bashCommand: "echo $SECRET $HOME" }))();
  `,
    ONE,
  );
  const { PATH, HOME } = process.env;
  for (const taskId of ["sets", "replaces"]) {
    await run(taskId);
    expect(await run("reads")).toEqual(seen([null, PATH, HOME]));
    expect(await run("shell")).toMatchObject(seen(HOME));
  }
  expect(runner.threads).toBe(1);
});

test("a task sees its own changes of process.env, as do the processes that it starts", async () => {
  const { run } = await createTaskBench(`
    import { execSync } from "node:child_process";
    task("t", () => { process.env.OWN = "mine"; return [process.env.OWN, execSync("echo $OWN").toString().trim()]; });
  `);
  expect(await run("t")).toEqual(seen(["mine", "mine"]));
});

test("what a file sets in process.env at import holds for all of its tasks, and for no other file's", async () => {
  const { run, deploy } = await createTaskBench(
    `process.env.FROM_FILE = "set"; task("t", () => process.env.FROM_FILE ?? null);`,
    ONE,
  );
  expect([await run("t"), await run("t")]).toEqual([seen("set"), seen("set")]);
  const other = await deploy(`import { Dag } from "stepwind"; export const dag = new Dag("d");
    dag.task("t", async () => process.env.FROM_FILE ?? null)();`);
  expect(await run("t", { bundleHash: other })).toEqual(seen(null));
});

const READS = `task("reads", () => [(globalThis as any).cfg ?? null, "last" in [], Date.now() > 1]);`;
test.each([
  ["a global", `(globalThis as any).cfg = "leaked";`],
  ["a prototype", `(Array.prototype as any).last = () => 1;`],
  ["a method of the language", `Date.now = () => 0;`],
])("%s that a task changes is as it was for the next one", async (_, change) => {
  const { run } = await createTaskBench(`task("changes", () => { ${change} }); ${READS}`, ONE);
  await run("changes");
  expect(await run("reads")).toEqual(seen([null, false, true]));
});

test("globals that a file sets at import are there for its tasks, and for no other file's", async () => {
  const { run, deploy } = await createTaskBench(
    `(globalThis as any).cfg = "of the file"; ${READS}`,
    ONE,
  );
  const own = seen(["of the file", false, true]);
  expect([await run("reads"), await run("reads")]).toEqual([own, own]);
  const other = await deploy(`import { Dag } from "stepwind"; export const dag = new Dag("d");
    dag.task("reads", async () => (globalThis as any).cfg ?? null)();`);
  expect(await run("reads", { bundleHash: other })).toEqual(seen(null));
});

test("a timer or a process.exit of a finished task doesn't reach the next one", async () => {
  const { run } = await createTaskBench(
    `
    task("loops", () => { setInterval(() => { for (const end = Date.now() + 400; Date.now() < end; ); }, 50); });
    task("exits", () => { setTimeout(() => process.exit(9), 100); });
    task("exits_hidden", () => { setTimeout(() => process.exit(9), 100).unref(); });
    task("next", async () => { const from = Date.now(); await new Promise((done) => setTimeout(done, 250)); return Date.now() - from < 600; });
  `,
    ONE,
  );
  for (const taskId of ["loops", "exits", "exits_hidden"]) {
    expect(await run(taskId)).toEqual({ kind: "success" });
    expect(await run("next"), taskId).toEqual(seen(true));
  }
});

test("what a task has left open has a second to end, in a thread that gets no other", async () => {
  const { run, lines, runner } = await createTaskBench(
    `
    task("leaves", () => { let n = 0; setInterval(() => console.log("tick " + ++n), 200); });
    task("next", () => new Promise((done) => setTimeout(done, 1_800)));
  `,
    ONE,
  );
  await run("leaves");
  await run("next");
  const ticks = (await lines("leaves")).filter((line) => line.startsWith("tick")).length;
  expect(ticks).toBeGreaterThan(1);
  expect(ticks).toBeLessThan(8);
  expect(runner.threads).toBe(1);
});

test("tasks that leave nothing behind share a thread, and the variables of their file", async () => {
  const body = `let count = 0; task("counts", () => { count += 1; return count; });`;
  const shared = await createTaskBench(body, ONE);
  expect(await shared.run("counts")).toEqual(seen(1));
  expect(await shared.run("counts")).toEqual(seen(2));
});

test("with a thread for each task nothing is shared", async () => {
  const { run } = await createTaskBench(
    `let count = 0; task("counts", () => { count += 1; return count; });`,
    { threadPerTask: true },
  );
  const endings = await Promise.all(
    Array.from({ length: 6 }, (_, index) => run("counts", { runId: `r${index}` })),
  );
  expect(endings).toEqual(Array.from({ length: 6 }, () => seen(1)));
});
