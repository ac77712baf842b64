// Sensors on one machine as users run them: real threads, a server that is killed while one waits,
// and a run in a terminal.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { stepwind } from "../cli/captured-terminal.ts";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { startProduct } from "./live-product.ts";
import { startServer } from "./server-process.ts";

/** "counting" is done at its third poke, which it knows from the state that the task keeps. */
const COUNTING = `import { Dag, getClient, PokeReturnValue } from "stepwind";
export const dag = new Dag("sensing", { schedule: null });
const counting = dag.sensor("counting", async () => {
  const store = getClient().taskStateStore;
  const count = ((await store.get<number>("count")) ?? 0) + 1;
  await store.set("count", count);
  console.log("poke " + count);
  return new PokeReturnValue(count === 3, count);
}, { pokeInterval: 0.3 });
const double = dag.task("double", async ({ count }: { count: number }) => count * 2);
double({ count: counting() });
const late = dag.sensor("late", async () => false, { pokeInterval: 0.1, timeout: 0.15, softFail: true })();
dag.task("below_late", async () => 1)().after(late);
`;

test("a sensor is poked until it is done, within one try and its log; one whose time is over is skipped", async () => {
  const product = await startProduct();
  onTestFinished(() => product.close());
  product.write("sensing.ts", COUNTING);
  await product.isLive("sensing");
  await product.trigger("sensing", "r");
  await vi.waitFor(async () => {
    const { state, try_number } = await product.task("sensing", "r", "counting");
    expect({ state, try_number }).toEqual({ state: "up_for_reschedule", try_number: 1 });
  });
  expect(await product.ended("sensing", "r")).toBe("success");
  expect(await product.task("sensing", "r", "counting")).toMatchObject({
    state: "success",
    operator: "@task.sensor",
    try_number: 1,
    max_tries: 0,
  });
  const log = await product.log("sensing", "r", "counting");
  expect(log.filter((line) => /^(poke|Marking)/.test(line))).toEqual([
    "poke 1",
    "Marking task as UP_FOR_RESCHEDULE",
    "poke 2",
    "Marking task as UP_FOR_RESCHEDULE",
    "poke 3",
    "Marking task as SUCCESS",
  ]);
  expect(await product.task("sensing", "r", "late")).toMatchObject({
    state: "skipped",
    message: expect.stringMatching(/^Sensor has timed out; /),
  });
  expect(await product.task("sensing", "r", "below_late")).toMatchObject({ state: "skipped" });
  expect(product.reports.filter((line) => !line.startsWith("info"))).toEqual([]);
});

test("dags test waits for a sensor and shows each poke's output", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  writeFileSync(join(folder, "dags", "sensing.ts"), COUNTING);
  const { code, out } = await stepwind(folder, "dags", "test", "dags/sensing.ts");
  expect(out).toMatch(/poke 1[\s\S]*poke 2[\s\S]*poke 3[\s\S]*success/);
  expect(out).toContain("◷ counting");
  expect(code).toBe(0);
});

test("a sensor that waits when the server is killed is poked where it was due, not before and in the same try", {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const home = join(folder, "home");
  const dagsFolder = join(folder, "dags");
  const notes = join(folder, "notes.txt");
  mkdirSync(dagsFolder);
  writeFileSync(notes, "");
  writeFileSync(
    join(dagsFolder, "waiting.ts"),
    `import { appendFileSync } from "node:fs";
import { Dag, getClient } from "stepwind";
export const dag = new Dag("waiting", { schedule: null });
dag.sensor("s", async () => {
  const store = getClient().taskStateStore;
  const count = ((await store.get<number>("count")) ?? 0) + 1;
  await store.set("count", count);
  appendFileSync(${JSON.stringify(notes)}, Date.now() + "\\n");
  return count === 3;
}, { pokeInterval: 5 })();
`,
  );
  const pokes = () => readFileSync(notes, "utf8").split("\n").filter(Boolean).map(Number);
  let server = await startServer({ home, dagsFolder });
  onTestFinished(async () => void (await server.kill("SIGKILL")));
  const look = async () => {
    const run = "/dags/waiting/dagRuns/killed";
    return (await server.request(`${run}/taskInstances/s`)).state;
  };
  await server.request("/dags/waiting/dagRuns", { dag_run_id: "killed", logical_date: null });
  await expect.poll(look, { timeout: 20_000 }).toBe("up_for_reschedule");
  await server.kill("SIGKILL");
  server = await startServer({ home, dagsFolder });
  expect(pokes()).toHaveLength(1);
  await expect.poll(() => pokes().length, { timeout: 20_000 }).toBe(2);
  await expect.poll(look, { timeout: 20_000 }).toBe("up_for_reschedule");
  await server.kill("SIGKILL");
  // Its moment passes while nobody is there.
  await sleep(5_500);
  expect(pokes()).toHaveLength(2);
  server = await startServer({ home, dagsFolder });
  await expect.poll(look, { timeout: 20_000 }).toBe("success");
  const [first = 0, second = 0] = pokes();
  expect(pokes()).toHaveLength(3);
  expect(second - first).toBeGreaterThanOrEqual(5_000);
  const { try_number } = await server.request("/dags/waiting/dagRuns/killed/taskInstances/s");
  expect(try_number).toBe(1);
});
