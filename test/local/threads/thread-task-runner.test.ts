import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { callOf, createTaskBench, oneVariable } from "./task-bench.ts";

test("a task's result comes back as JSON, and none when it returns undefined", async () => {
  const { run } = await createTaskBench(`
    task("one", () => ({ rows: 1 }));
    task("none", () => undefined);
  `);
  expect(await run("one")).toEqual({ kind: "success", result: '{"rows":1}' });
  expect(await run("none")).toEqual({ kind: "success" });
});

test("what a task prints is in its log, line by line, between our own lines", async () => {
  const { run, entries } = await createTaskBench(`
    task("print", async () => {
      console.log("hello %s", "you");
      console.error("oh");
      process.stdout.write("in two ");
      await 1;
      process.stdout.write("parts");
      getContext().log.warning("careful");
    });
  `);
  await run("print");
  const log = await entries("print");
  expect(log.map(({ level, logger, event }) => [level, logger, event])).toEqual([
    ["info", "stepwind", "Task instance is in running state: try 1 of 1"],
    ["info", "task.stdout", "hello you"],
    ["error", "task.stderr", "oh"],
    ["warning", "task", "careful"],
    ["info", "task.stdout", "in two parts"],
    ["info", "task", "Done. Returned value was: None"],
    ["info", "stepwind", "Marking task as SUCCESS"],
  ]);
});

test("an error's stack in the log names the author's file and line", async () => {
  const { run, lines } = await createTaskBench(`task("fail", () => {
    throw new TypeError("boom");
  });`);
  expect(await run("fail")).toMatchObject({
    kind: "failed",
    retry: true,
    error: { name: "TypeError", message: "boom" },
  });
  expect((await lines("fail")).join("\n")).toMatch(/TypeError: boom\n\s+at .*dag\.ts:4:/);
  expect(await lines("fail")).toContain("Marking task as FAILED");
});

test("a task asks for variables, and a refusal of the host is an error in the task", async () => {
  const { run } = await createTaskBench(`
    task("get", () => getClient().getVariable("region"));
    task("set", () => getClient().setVariable("region", "us"));
  `);
  expect(await run("get")).toEqual({ kind: "success", result: '"eu"' });
  expect(await run("set")).toMatchObject({
    kind: "failed",
    error: { message: "variables are read-only here" },
  });
});

test("a result that isn't JSON and one of 50 MB fail the task with the reason", async () => {
  const { run } = await createTaskBench(`
    task("date", () => ({ at: new Date() }));
    task("large", () => "x".repeat(50 * 1024 * 1024));
  `);
  expect(await run("date")).toMatchObject({
    kind: "failed",
    error: { message: expect.stringMatching(/result\.at is a Date/) },
  });
  expect(await run("large")).toMatchObject({
    kind: "failed",
    error: { message: expect.stringMatching(/over the limit/) },
  });
});

test("a log line of 10 MB is cut with a note", async () => {
  const { run, lines } = await createTaskBench(`
    task("console", () => console.log("x".repeat(10 * 1024 * 1024)));
    task("log", () => getContext().log.info("y".repeat(10 * 1024 * 1024)));
  `);
  for (const taskId of ["console", "log"]) {
    expect(await run(taskId)).toEqual({ kind: "success" });
    const [, line = ""] = await lines(taskId);
    expect(line.length).toBeLessThan(70_000);
    expect(line).toMatch(/\[line of 10485760 bytes cut after 65536\]$/);
  }
});

test("process.exit ends the try and not the process", async () => {
  const { run, lines } = await createTaskBench(`
    task("exit", () => { console.log("last words"); process.exit(3); });
    task("next", () => 1);
  `);
  expect(await run("exit")).toEqual({
    kind: "died",
    reason: "the worker thread exited with code 3 (process.exit in user code?)",
  });
  expect(await lines("exit")).toContain("last words");
  expect((await lines("exit")).at(-1)).toMatch(/^The try died: .* exited with code 3/);
  expect(await run("next")).toMatchObject({ kind: "success" });
});

test.each([
  ["timer", `new Promise(() => setTimeout(() => { throw new Error("late"); }, 5))`, "Error: late"],
  ["rejection", `new Promise(() => { void Promise.reject(new Error("lost")); })`, "Error: lost"],
])("an error outside the task's promise (%s) ends the try", async (taskId, body, error) => {
  const { run, lines } = await createTaskBench(`task("${taskId}", () => ${body});`);
  const reason = `an error outside of the task's promise: ${error}`;
  expect(await run(taskId)).toEqual({ kind: "died", reason });
  expect((await lines(taskId)).join("\n")).toMatch(/dag\.ts:3:/);
});

test("what a task left behind and throws later doesn't harm the next task of its thread", async () => {
  const { run } = await createTaskBench(
    `
    task("leaves", () => { setTimeout(() => { throw new Error("too late"); }, 50); });
    task("next", () => new Promise((done) => setTimeout(done, 200)).then(() => "fine"));
  `,
    { parallelism: 1 },
  );
  expect(await run("leaves")).toMatchObject({ kind: "success" });
  expect(await run("next")).toEqual({ kind: "success", result: '"fine"' });
});

test("output that comes after its task's end goes to that task's log", async () => {
  const { run, lines } = await createTaskBench(
    `
    task("leaves", () => { setTimeout(() => console.log("from before"), 50); });
    task("next", () => new Promise((done) => setTimeout(done, 250)));
  `,
    { parallelism: 1 },
  );
  await run("leaves");
  await run("next");
  expect(await lines("leaves")).toContain("from before");
  expect(await lines("next")).not.toContain("from before");
});

test("a synchronous endless loop is killed at its timeout, and what it printed is kept", async () => {
  const { run, lines } = await createTaskBench(`
    task("loop", () => { console.log("before the loop"); for (;;); });
  `);
  expect(await run("loop", { timeout: 0.2 })).toEqual({
    kind: "died",
    reason: "timed out after 0.2 s (executionTimeout)",
    timedOut: true,
  });
  expect(await lines("loop")).toEqual([
    "Task instance is in running state: try 1 of 1",
    "before the loop",
    "The try died: timed out after 0.2 s (executionTimeout)",
  ]);
});

test("a timeout aborts the task's signal first", async () => {
  const { run, lines } = await createTaskBench(`
    task("waits", () => new Promise((done) => {
      getContext().signal.addEventListener("abort", () => { console.log("cleaning up"); done(1); });
    }));
  `);
  expect(await run("waits", { timeout: 0.1 })).toMatchObject({ kind: "died" });
  expect(await lines("waits")).toContain("cleaning up");
});

test("the process group of a bash task is gone after its timeout", async () => {
  const { run, lines } = await createTaskBench(`
    dag.task("sleeps", bash({ bashCommand: "sleep 61 & echo $! $$; wait" }))();
  `);
  expect(await run("sleeps", { timeout: 2 })).toMatchObject({ kind: "died" });
  const pids = (await lines("sleeps")).find((line) => /^\d+ \d+$/.test(line))?.split(" ") ?? [];
  expect(pids).toHaveLength(2);
  for (const pid of pids) expect(await isAlive(Number(pid))).toBe(false);
});

test("a process group whose thread is killed in an endless loop is killed too, and its folder is removed", async () => {
  const folder = join(temporaryFolder(), "of-the-try");
  await mkdir(folder);
  const { run, lines } = await createTaskBench(`
    dag.task("loops", { ...bash({ bashCommand: "true" }), execute: async (call) => {
      const { spawn } = await import("node:child_process");
      const child = spawn("sleep", ["62"], { detached: true, stdio: "ignore" });
      call.registerProcess(child.pid as number, ${JSON.stringify(folder)});
      console.log("child " + child.pid);
      for (;;);
    } })();
  `);
  expect(await run("loops", { timeout: 0.2 })).toMatchObject({ kind: "died" });
  const line = (await lines("loops")).find((text) => text.startsWith("child ")) ?? "";
  expect(await isAlive(Number(line.slice(6)))).toBe(false);
  await expect.poll(() => existsSync(folder)).toBe(false);
});

test("aborting the signal kills the try and gives the reason", async () => {
  const { run } = await createTaskBench(
    `task("waits", () => new Promise(() => setInterval(() => {}, 1_000)));`,
  );
  const stop = new AbortController();
  const ending = run("waits", {
    signal: stop.signal,
    onSlot: () => setTimeout(() => stop.abort(new Error("the run was cleared")), 100),
  });
  expect(await ending).toEqual({ kind: "died", reason: "the run was cleared" });
  expect(await run("waits", { signal: stop.signal })).toBeUndefined();
});

test("no more tries than the parallelism run at once, first come, first served", async () => {
  const { run } = await createTaskBench(
    `task("waits", async () => {
      const from = Date.now();
      await new Promise((done) => setTimeout(done, 100));
      return [from, Date.now()];
    });`,
    { parallelism: 2 },
  );
  const order: number[] = [];
  const endings = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      run("waits", {
        runId: `run-${index}`,
        onSlot: () => order.push(index),
      }),
    ),
  );
  const spans: [number, number][] = endings.map((ending) =>
    ending?.kind === "success" ? JSON.parse(ending.result ?? "") : [0, 0],
  );
  const runningAt = (time: number) =>
    spans.filter(([from, to]) => from <= time && time < to).length;
  expect(Math.max(...spans.map(([from]) => runningAt(from)))).toBe(2);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

const INSTANCE = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 };

test("a try that waits for a slot is queued since it asked for one, until it has it", async () => {
  const { runner } = await createTaskBench(`task("one", () => 1);`, { parallelism: 1 });
  const ask = { bundleHash: "b", signal: new AbortController().signal, priority: () => 0 };
  const first = await runner.reserve({ ...ask, instance: INSTANCE });
  expect(runner.queuedSince?.(INSTANCE)).toBeUndefined();
  const waiting = { ...INSTANCE, mapIndex: 3 };
  const before = Date.now();
  const second = runner.reserve({ ...ask, instance: waiting });
  expect(runner.queuedSince?.(waiting)).toBeGreaterThanOrEqual(before);
  expect(runner.queuedSince?.(INSTANCE)).toBeUndefined();
  first?.release();
  const slot = await second;
  expect(runner.queuedSince?.(waiting)).toBeUndefined();
  slot?.release();
});

test("a slot that is released without a try is the next one's, and is given on once", async () => {
  const { run, runner, lines } = await createTaskBench(`task("one", () => 1);`, { parallelism: 1 });
  const { signal } = new AbortController();
  const ask = { instance: INSTANCE, bundleHash: "b", signal, priority: () => 0 };
  const unused = await runner.reserve(ask);
  const waiting = runner.reserve(ask);
  unused?.release();
  unused?.release();
  const next = await waiting;
  expect(await lines("one")).toEqual([]);
  const after = run("one");
  next?.release();
  expect(await after).toMatchObject({ kind: "success" });
});

test("a try that is stopped while it waits for a slot gets none, and takes none from the others", async () => {
  const { run, runner } = await createTaskBench(`task("one", () => 1);`, { parallelism: 1 });
  const stop = new AbortController();
  const { signal } = new AbortController();
  const ask = { instance: INSTANCE, bundleHash: "b", signal, priority: () => 0 };
  const first = await runner.reserve(ask);
  const stopped = runner.reserve({ ...ask, signal: stop.signal });
  const last = run("one");
  stop.abort();
  expect(await stopped).toBeUndefined();
  first?.release();
  expect(await last).toMatchObject({ kind: "success" });
});

test("tasks that block soon have a thread each, while a burst of short ones shares few", async () => {
  const { run, runner } = await createTaskBench(`
    task("short", () => 1);
    task("blocks", () => {
      const start = Date.now();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
      return { start, end: Date.now() };
    });
  `);
  await run("short");
  await Promise.all(
    Array.from({ length: 300 }, (_, index) => run("short", { runId: `s${index % 10}` })),
  );
  expect(runner.threads).toBeLessThanOrEqual(4);
  const ended = await Promise.all(
    Array.from({ length: 12 }, (_, index) => run("blocks", { runId: `b${index}` })),
  );
  const times: { start: number; end: number }[] = ended.map((each) =>
    JSON.parse(each?.kind === "success" ? (each.result ?? "") : "null"),
  );
  const atOnce = times.map(
    ({ start }) => times.filter((other) => other.start <= start && start < other.end).length,
  );
  expect(Math.max(...atOnce)).toBeGreaterThan(5);
});

test("a runner that is warmed up has one thread before its first try, and uses that", async () => {
  const { run, runner } = await createTaskBench(`task("say", () => 1);`);
  expect(runner.threads).toBe(0);
  runner.warmUp();
  runner.warmUp();
  expect(runner.threads).toBe(1);
  expect(await run("say")).toEqual({ kind: "success", result: "1" });
  expect(runner.threads).toBe(1);
});

test("a new version of the code is used by its own hash, the old one by its", async () => {
  const { run, deploy, runner } = await createTaskBench(`task("say", () => "old");`, {
    parallelism: 1,
  });
  expect(await run("say")).toEqual({ kind: "success", result: '"old"' });
  const old = await deploy(`import { Dag } from "stepwind";
    export const dag = new Dag("d"); dag.task("say", async () => "one")();`);
  await deploy(`import { Dag } from "stepwind";
    export const dag = new Dag("d"); dag.task("say", async () => "two")();`);
  expect(await run("say")).toEqual({ kind: "success", result: '"two"' });
  expect(await run("say", { bundleHash: old })).toEqual({ kind: "success", result: '"one"' });
  expect(runner.threads).toBe(1);
});

test("a version whose code is gone fails its tries with the reason", async () => {
  const { run } = await createTaskBench("");
  expect(await run("t", { bundleHash: "0123" })).toEqual({
    kind: "died",
    reason: expect.stringMatching("^the code of this version can't be run: Bundle 0123 is not in "),
  });
});

test("callbacks run, and one that throws is logged only", async () => {
  const { deploy, runner, lines } = await createTaskBench("");
  const bundleHash = await deploy(`import { Dag } from "stepwind";
    export const dag = new Dag("d", { onFailureCallback: [
      () => { throw new Error("no Slack"); },
      ({ reason }) => console.log("told them: " + reason),
    ] });
    dag.task("t", async () => 1)();`);
  const { taskId: _, reads: __, ...call } = callOf("t");
  await runner.runCallbacks(
    { call, kind: "failure", reason: "task_failure" },
    { bundleHash, services: oneVariable },
  );
  const log = (await lines("")).join("\n");
  expect(log).toMatch(/no Slack/);
  expect(log).toMatch(/told them: task_failure/);
});

test("a callback that hangs gives its thread up, and its log ends with why", async () => {
  const { deploy, runner, run, lines } = await createTaskBench("", {
    parallelism: 1,
    callbackTimeout: 0.3,
  });
  const bundleHash = await deploy(`import { Dag } from "stepwind";
    export const dag = new Dag("d", { onFailureCallback: () => { for (;;); } });
    dag.task("t", async () => 1)();`);
  const { taskId: _, reads: __, ...call } = callOf("t");
  const options = { bundleHash, services: oneVariable };
  await runner.runCallbacks({ call, kind: "failure", reason: "task_failure" }, options);
  expect(await lines("")).toEqual(["The callbacks died: timed out after 0.3 s"]);
  expect(await run("t")).toMatchObject({ kind: "success" });
});

/** Whether the process runs; one that was killed may take a moment to be gone. */
async function isAlive(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const stat = await output("ps", ["-o", "stat=", "-p", String(pid)]);
    if (stat === "" || stat.startsWith("Z")) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return true;
}

function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += String(chunk);
    });
    child.on("error", reject);
    child.on("close", () => resolve(text.trim()));
  });
}
