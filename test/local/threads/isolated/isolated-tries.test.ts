// Tries in processes of their own: they do all that a try in a thread does, and what kills their
// process is their death alone.
import { expect, test } from "vitest";
import { createTaskBench, oneVariable } from "../task-bench.ts";

const isIsolated = { isIsolated: true } as const;

test("an isolated try has a process of its own, the product's services and a log", async () => {
  const { run, lines } = await createTaskBench(`task("look", async () => {
    console.log("from", process.pid);
    return [process.pid, await getClient().getVariable("region")];
  });`);
  const ending = await run("look", isIsolated);
  const result = ending?.kind === "success" ? JSON.parse(ending.result ?? "null") : ending;
  expect(result).toEqual([expect.any(Number), "eu"]);
  expect(result[0]).not.toBe(process.pid);
  expect(await lines("look")).toContain(`from ${result[0]}`);
});

test("what the product refuses is an error in the task, and what the task throws its failure", async () => {
  const { run } = await createTaskBench(`
    task("refused", () => getClient().setVariable("region", "us"));
    task("throws", () => { throw new TypeError("wrong"); });`);
  expect(await run("refused", { ...isIsolated, services: oneVariable })).toMatchObject({
    kind: "failed",
    error: { message: "variables are read-only here" },
  });
  expect(await run("throws", isIsolated)).toMatchObject({
    kind: "failed",
    error: { name: "TypeError", message: "wrong" },
  });
});

test("a try that kills its process has died, and its log says how", async () => {
  const { run, lines } = await createTaskBench(
    `task("poison", () => { process.kill(process.pid, "SIGKILL"); return new Promise(() => {}); });`,
  );
  const reason = "its process was ended by SIGKILL";
  expect(await run("poison", isIsolated)).toEqual({ kind: "died", reason });
  expect(await lines("poison")).toContain(`The try died: ${reason}`);
});

test("a timeout and a stop end an isolated try, and its process with it", async () => {
  const { run, lines } = await createTaskBench(`task("endless", () => {
    console.log("pid", process.pid);
    return new Promise(() => setInterval(() => {}, 1_000));
  });`);
  expect(await run("endless", { ...isIsolated, timeout: 2 })).toMatchObject({
    kind: "died",
    reason: "timed out after 2 s (executionTimeout)",
    timedOut: true,
  });
  const stop = new AbortController();
  const stopped = run("endless", { ...isIsolated, runId: "stopped", signal: stop.signal });
  await expect
    .poll(() => lines("endless", "stopped"), { timeout: 30_000 })
    .toContainEqual(expect.stringMatching(/^pid \d+$/));
  stop.abort("the run ended");
  expect(await stopped).toEqual({ kind: "died", reason: "the run ended" });
  const line = (await lines("endless", "stopped")).find((each) => each.startsWith("pid "));
  const pid = Number(line?.slice(4));
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
