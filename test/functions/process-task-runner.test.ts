// User code beside the worker function, whose place another process takes: what it prints, how long
// it may run, and what it finds of others.
import { expect, test } from "vitest";
import { runInFunction as run } from "./run-in-function.ts";

test("a task runs, what it prints is in its log in order, and nothing of it in the function's", async () => {
  const { outcomes, lines, printed } = await run(
    `dag.task("one", async () => { console.log("a"); process.stdout.write("b\\n"); console.error("c"); return { n: 1 }; })();`,
    { taskIds: ["one"] },
  );
  expect(outcomes).toEqual([{ kind: "success", result: '{"n":1}' }]);
  expect(lines).toEqual([
    "stepwind info Task instance is in running state: try 1 of 1",
    "task.stdout info a",
    "task.stdout info b",
    "task.stderr error c",
    'task info Done. Returned value was: {"n":1}',
    "stepwind info Marking task as SUCCESS",
  ]);
  expect(printed).toBe("outside of any task");
});

test("operators, skips and failures come out as in a worker thread", async () => {
  const { outcomes, lines } = await run(
    `dag.task("shell", bash({ bashCommand: "echo from bash" }))();
dag.task("skip", async () => { throw new SkipTask("not today"); })();
dag.task("bad", async () => { throw new RangeError("too far"); })();`,
    { taskIds: ["shell", "skip", "bad"] },
  );
  expect(outcomes).toMatchObject([
    { kind: "success" },
    { kind: "skipped", message: "not today" },
    { kind: "failed", error: { name: "RangeError", message: "too far" } },
  ]);
  expect(lines.join("\n")).toContain("from bash");
});

test("a task beyond its executionTimeout dies, its process groups are killed, and the next task runs", async () => {
  const { outcomes, lines } = await run(
    `dag.task("slow", bash({ bashCommand: "sleep 0.8; echo too late" }))();
dag.task("stubborn", () => new Promise(() => {}))();
dag.task("next", async () => { await new Promise((resolve) => setTimeout(resolve, 250)); return 1; })();`,
    { taskIds: ["slow", "stubborn", "next"], timeout: 0.3 },
  );
  const reason = "timed out after 0.3 s (executionTimeout)";
  const died = { kind: "died", reason, timedOut: true };
  expect(outcomes).toEqual([died, died, { kind: "success", result: "1" }]);
  expect(lines).toContain("stepwind error The try died: timed out after 0.3 s (executionTimeout)");
  expect(lines.filter((line) => !line.includes("Running command")).join("\n")).not.toContain(
    "too late",
  );
});

test("what a task sets in process.env and the processes that it starts end with it", async () => {
  const sleep = `7${process.pid}2`;
  const { outcomes } = await run(
    `import { spawn, spawnSync } from "node:child_process";
dag.task("leaves", async () => { process.env.LEAKED = "yes"; spawn("setsid", ["sleep", "${sleep}"], { env: { PATH: process.env.PATH } }); })();
dag.task("times_out", () => { spawnSync("sh", ["-c", "setsid sleep ${sleep} > /dev/null 2>&1 &"]); return new Promise(() => {}); })();
dag.task("looks", async () => {
  const all = spawnSync("ps", ["-eo", "stat=,args="], { encoding: "utf8" }).stdout.split("\\n");
  return [process.env.LEAKED ?? null, all.filter((line) => line.includes("sleep ${sleep}") && !line.startsWith("Z")).length];
})();`,
    { taskIds: ["leaves", "looks", "times_out", "looks"], timeout: 1 },
  );
  const nothing = { kind: "success", result: "[null,0]" };
  expect(outcomes[0]).toEqual({ kind: "success" });
  expect(outcomes[1]).toEqual(nothing);
  expect(outcomes[2]).toMatchObject({ kind: "died", timedOut: true });
  expect(outcomes[3]).toEqual(nothing);
});

test("the folder and the globals that a task changes are as before for the next", async () => {
  const { outcomes } = await run(
    `dag.task("changes", async () => { process.chdir("/"); globalThis.leaked = 1; Array.prototype.at = () => 7; return process.cwd(); })();
dag.task("looks", async () => [process.cwd() === "/", globalThis.leaked ?? null, [1].at(0)])();`,
    { taskIds: ["changes", "looks"] },
  );
  expect(outcomes).toEqual([
    { kind: "success", result: '"/"' },
    { kind: "success", result: "[false,null,1]" },
  ]);
});

test("a task finds the trace of its own call in the environment", async () => {
  const { outcomes } = await run(
    `for (const id of ["a", "b"]) dag.task(id, async () => process.env._X_AMZN_TRACE_ID)();`,
    { taskIds: ["a", "b"] },
  );
  expect(outcomes).toEqual([
    { kind: "success", result: '"Root=of-a"' },
    { kind: "success", result: '"Root=of-b"' },
  ]);
});

test("a task that still runs when the function's time ends is given up in time to record it", async () => {
  const { outcomes } = await run(`dag.task("slow", () => new Promise(() => {}))();`, {
    taskIds: ["slow"],
    timeout: 60,
    left: 3.2,
  });
  expect(outcomes).toEqual([{ kind: "died", reason: "the time of the worker function was over" }]);
});

test("the log of a running task is written about every second", async () => {
  const { batches } = await run(
    `dag.task("talk", async () => { for (let i = 0; i < 5; i += 1) { console.log(i); await new Promise((resolve) => setTimeout(resolve, 500)); } })();`,
    { taskIds: ["talk"] },
  );
  expect(batches.length).toBeGreaterThanOrEqual(3);
  expect(batches.length).toBeLessThanOrEqual(4);
});
