// Whatever a task has started ends with its try, in whichever way the process was started and the
// try ends.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { killLeftovers } from "../../../src/workers/pool/task-processes.ts";
import { createTaskBench } from "./task-bench.ts";

/** How many processes run with this text in their command line. */
function running(text: string): number {
  const { stdout } = spawnSync("ps", ["-eo", "stat=,args="], { encoding: "utf8" });
  const lines = stdout.split("\n").filter((line) => line.includes(`sleep ${text}`));
  return lines.filter((line) => !line.trim().startsWith("Z")).length;
}

/** A number of seconds to sleep that no other process sleeps. */
function ownSleep(): string {
  const seconds = `7${process.pid}${Math.floor(Math.random() * 1_000)}`;
  onTestFinished(() => void spawnSync("pkill", ["-f", `sleep ${seconds}`]));
  return seconds;
}

const IMPORTS = `import { execSync, fork, spawn, spawnSync } from "node:child_process";`;

const WAYS: readonly (readonly [string, (sleep: string) => string])[] = [
  ["spawn", (s) => `spawn("sleep", ["${s}"])`],
  ["spawn of a session of its own", (s) => `spawn("setsid", ["sleep", "${s}"]).unref()`],
  [
    "spawn with an environment of its own",
    (s) => `spawn("sleep", ["${s}"], { env: { PATH: process.env.PATH }, detached: true })`,
  ],
  ["a daemon of a shell", (s) => `execSync("setsid sleep ${s} > /dev/null 2>&1 &")`],
  [
    "a module that was not imported",
    (s) =>
      `process.getBuiltinModule("child_process").spawnSync("sh", ["-c", "setsid sleep ${s} > /dev/null 2>&1 &"], { env: { PATH: process.env.PATH } })`,
  ],
];

test.each(WAYS)(
  "a process started by %s is killed when its task is out of time",
  async (_, start) => {
    const sleep = ownSleep();
    const { run } = await createTaskBench(
      `${IMPORTS} task("t", () => { ${start(sleep)}; return new Promise(() => setInterval(() => {}, 1_000)); });`,
    );
    const ending = run("t", { timeout: 1.5 });
    await expect.poll(() => running(sleep), { timeout: 5_000 }).toBe(1);
    expect(await ending).toMatchObject({ kind: "died", timedOut: true });
    expect(running(sleep)).toBe(0);
  },
);

test("a task that waits for a process in its thread is out of time with it", async () => {
  const sleep = ownSleep();
  const { run } = await createTaskBench(
    `${IMPORTS} task("t", () => { execSync("sleep ${sleep}"); });`,
  );
  expect(await run("t", { timeout: 0.5 })).toMatchObject({ kind: "died", timedOut: true });
  expect(running(sleep)).toBe(0);
});

test("processes that a task leaves behind are killed when it ends well", async () => {
  const [held, daemon] = [ownSleep(), ownSleep()];
  const { run } = await createTaskBench(`
    ${IMPORTS}
    task("held", () => { spawn("sleep", ["${held}"]).unref(); return 1; });
    dag.task("daemon", bash({ bashCommand: "setsid sleep ${daemon} > /dev/null 2>&1 & echo 2" }))();
  `);
  expect(await run("held")).toEqual({ kind: "success", result: "1" });
  expect(running(held)).toBe(0);
  expect(await run("daemon")).toMatchObject({ kind: "success", result: '"2"' });
  await expect.poll(() => running(daemon), { timeout: 3_000 }).toBe(0);
});

test("a process that a task has started gets SIGTERM first", async () => {
  const { run, lines } = await createTaskBench(`
    ${IMPORTS}
    task("t", () => new Promise((resolve) => {
      const child = spawn("sh", ["-c", "trap 'echo tidying up; exit' TERM; echo ready; while :; do sleep 0.05; done"]);
      child.stdout.on("data", (chunk) => console.log(String(chunk).trim()));
      child.on("close", resolve);
    }));
  `);
  expect(await run("t", { timeout: 1 })).toMatchObject({ kind: "died", timedOut: true });
  expect(await lines("t")).toContain("tidying up");
});

test("processes of other tasks live on", async () => {
  const [other, own] = [ownSleep(), ownSleep()];
  const { run } = await createTaskBench(`
    ${IMPORTS}
    task("other", () => { spawn("sleep", ["${other}"]); return new Promise(() => {}); });
    task("own", () => { spawn("sleep", ["${own}"]).unref(); });
  `);
  const stop = new AbortController();
  const ending = run("other", { signal: stop.signal });
  await expect.poll(() => running(other), { timeout: 5_000 }).toBe(1);
  await run("own");
  expect([running(own), running(other)]).toEqual([0, 1]);
  stop.abort();
  await ending;
  expect(running(other)).toBe(0);
});

test("what a process that was killed has left is found by its name", async () => {
  const sleep = ownSleep();
  const left = spawn("setsid", ["sleep", sleep], {
    env: { ...process.env, STEPWIND_TRY: "gone.12" },
    stdio: "ignore",
  });
  const other = spawn("sleep", [sleep], {
    env: { ...process.env, STEPWIND_TRY: "gone2.12" },
    stdio: "ignore",
  });
  await Promise.all([once(left, "spawn"), once(other, "spawn")]);
  await killLeftovers("gone");
  expect(running(sleep)).toBe(1);
  other.kill("SIGKILL");
});

test("kill -9 takes along what carries the mark of this life, in any session", async () => {
  const sleep = ownSleep();
  const guarded = spawn(
    process.execPath,
    [fileURLToPath(new URL("../../workers/guarded-process.ts", import.meta.url))],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await once(guarded.stdout, "data");
  const child = spawn("setsid", ["sleep", sleep], {
    env: { ...process.env, STEPWIND_TRY: "guarded.3" },
    stdio: "ignore",
  });
  await once(child, "spawn");
  await expect.poll(() => running(sleep)).toBe(1);
  guarded.kill("SIGKILL");
  await expect.poll(() => running(sleep), { timeout: 5_000 }).toBe(0);
});
