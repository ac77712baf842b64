// Run control on one machine as people use it: the command line against a server with real threads.
import { expect, onTestFinished, test, vi } from "vitest";
import { stepwind } from "../cli/captured-terminal.ts";
import { type LiveProduct, startProduct } from "./live-product.ts";

/** "obeys" ends by its signal, "blocks" is deaf, and "below" follows both. */
const STOPPED = `import { Dag, getContext } from "stepwind";
export const dag = new Dag("stopped", { schedule: null });
const obeys = dag.task("obeys", async () => {
  const { signal, tryNumber } = getContext();
  console.log("try " + tryNumber);
  if (tryNumber > 1) return "again";
  await new Promise((done) => signal.addEventListener("abort", done));
  console.log("heard it");
  throw new Error("stopped");
})();
const blocks = dag.task("blocks", async () => {
  const { tryNumber } = getContext();
  console.log("try " + tryNumber);
  await new Promise((done) => setTimeout(done, 200));
  if (tryNumber === 1) for (;;);
})();
dag.task("below", async () => 1, { triggerRule: "all_done" })().after(obeys, blocks);
`;

async function start(): Promise<LiveProduct> {
  const product = await startProduct();
  onTestFinished(() => product.close());
  product.write("stopped.ts", STOPPED);
  await product.isLive("stopped");
  await product.trigger("stopped", "r");
  for (const taskId of ["obeys", "blocks"]) await isRunning(product, taskId);
  return product;
}

async function isRunning(product: LiveProduct, taskId: string): Promise<void> {
  await vi.waitFor(
    async () => {
      expect(await product.log("stopped", "r", taskId)).toContain("try 1");
    },
    { timeout: 10_000, interval: 50 },
  );
}

function command({ home }: LiveProduct, ...argv: readonly string[]) {
  const folder = home.replace(/\/\.stepwind$/, "");
  return stepwind(folder, ...argv);
}

test("a running task that is marked hears its signal, one that is deaf is killed, and the run goes on", async () => {
  const product = await start();
  const marked = await command(product, "tasks", "set-state", "stopped", "r", "obeys", "success");
  expect(marked).toMatchObject({ code: 0, err: "1 task instance marked as success\n" });
  await command(product, "tasks", "set-state", "stopped", "r", "blocks", "failed");
  expect(await product.ended("stopped", "r")).toBe("success");
  expect(await product.task("stopped", "r", "obeys")).toMatchObject({
    state: "success",
    try_number: 1,
    message: "marked as success",
  });
  expect(await product.task("stopped", "r", "blocks")).toMatchObject({ state: "failed" });
  expect(await product.log("stopped", "r", "obeys")).toContain("heard it");
  const log = await product.log("stopped", "r", "blocks");
  expect(log.at(-1)).toContain("it was marked as failed");
});

test("running tasks that are cleared start again, and each try keeps its log", async () => {
  const product = await start();
  const asked = await command(product, "tasks", "clear", "stopped", "r", "--dry-run");
  expect(asked.err).toBe("3 task instances would be cleared\n");
  expect(asked.out).toMatch(/obeys +running/);
  const kept = await command(product, "tasks", "clear", "stopped", "r");
  expect(kept).toMatchObject({ code: 1, err: expect.stringContaining("Nothing is cleared") });
  const cleared = await command(product, "tasks", "clear", "stopped", "r", "--yes");
  expect(cleared.err).toBe("3 task instances cleared\n");
  expect(await product.ended("stopped", "r")).toBe("success");
  for (const taskId of ["obeys", "blocks"]) {
    expect(await product.task("stopped", "r", taskId)).toMatchObject({
      state: "success",
      try_number: 2,
    });
    const { task_instances: tries } = await product.ask(
      `/dags/stopped/dagRuns/r/taskInstances/${taskId}/tries`,
    );
    expect(tries.map((each: { state: string }) => each.state)).toEqual(["failed", "success"]);
    expect(await product.log("stopped", "r", taskId, 1)).toContain("try 1");
    expect(await product.log("stopped", "r", taskId, 2)).toContain("try 2");
  }
});

test("a run that is marked as failed stops what runs; it can be cleared and deleted", async () => {
  const product = await start();
  const marked = await command(product, "dags", "set-state", "stopped", "r", "failed");
  expect(marked).toMatchObject({ code: 0, out: "stopped r  failed\n" });
  expect(await product.task("stopped", "r", "below")).toMatchObject({ state: "skipped" });
  await vi.waitFor(async () =>
    expect(await product.log("stopped", "r", "obeys")).toContain("heard it"),
  );
  expect((await command(product, "dags", "clear", "stopped", "--yes")).code).toBe(0);
  expect(await product.ended("stopped", "r")).toBe("success");
  const deleted = await command(product, "dags", "delete-run", "stopped", "r", "--yes");
  expect(deleted.out).toBe('Run "r" of DAG "stopped" is deleted\n');
  expect((await command(product, "dags", "state", "stopped", "r")).code).toBe(1);
});

test("what isn't there is refused, with what is", async () => {
  const product = await start();
  for (const [argv, told] of [
    [["tasks", "clear", "stopped", "nope"], 'DAG "stopped" has no run "nope"'],
    [["tasks", "clear", "stopped", "r", "-t", "nope"], 'DAG "stopped" has no task like "nope"'],
    [["tasks", "set-state", "stopped", "r", "belo", "failed"], 'Did you mean "below"?'],
    [["tasks", "set-state", "stopped", "r", "below", "done"], "Allowed choices are success"],
    [["dags", "delete-run", "stopped", "r", "-y"], "cannot be deleted in running state"],
    [["dags", "clear", "nope"], 'There is no DAG "nope"'],
  ] as const) {
    const answer = await command(product, ...argv);
    expect(answer.err).toContain(told);
    expect(answer.code).not.toBe(0);
  }
});
