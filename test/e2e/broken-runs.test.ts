// What can go wrong while tasks run, through the whole product: results that are no JSON or too
// large, output without end, code that is gone, a disk that is full, a port that is taken.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { startStandalone } from "../../src/local/standalone.ts";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { dagText, type LiveProduct, startProduct } from "./live-product.ts";
import { startServer } from "./server-process.ts";

/** To be called within a test. */
async function createProduct(files: Readonly<Record<string, string>>): Promise<LiveProduct> {
  const product = await startProduct();
  onTestFinished(() => product.close());
  for (const [dagId, text] of Object.entries(files)) product.write(`${dagId}.ts`, text);
  for (const dagId of Object.keys(files)) await product.isLive(dagId);
  return product;
}

const MB = 1024 * 1024;

test("results that can't be kept and output without end fail or cut their own task only", async () => {
  const product = await createProduct({
    excess: `import { Dag } from "stepwind";
import { bash } from "stepwind/operators";
export const dag = new Dag("excess", { schedule: null });
dag.task("not_json", async () => ({ rows: [{ at: new Date() }] }) as never)();
dag.task("large_result", async () => "x".repeat(${50 * MB}))();
dag.task("long_line", async () => { console.log("y".repeat(${10 * MB})); console.log("after"); return "kept"; })();
dag.task("long_output", bash({ bashCommand: "head -c ${10 * MB} /dev/zero | tr '\\\\0' z; echo; echo done" }))();
`,
  });
  expect(await product.run("excess", "r")).toBe("failed");

  const message = async (taskId: string) => (await product.task("excess", "r", taskId)).message;
  const log = (taskId: string) => product.log("excess", "r", taskId);
  expect(await product.task("excess", "r", "not_json")).toMatchObject({ state: "failed" });
  expect(await message("not_json")).toBe(
    "TypeError: A task returns JSON, but result.rows[0].at is a Date",
  );
  expect((await log("not_json")).join("\n")).toContain("result.rows[0].at is a Date");
  expect(await product.task("excess", "r", "large_result")).toMatchObject({ state: "failed" });
  expect(await message("large_result")).toMatch(
    /52,428,802 bytes of JSON, over the limit of 16,777,216/,
  );
  for (const [taskId, last] of [
    ["long_line", "after"],
    ["long_output", "done"],
  ] as const) {
    expect(await product.task("excess", "r", taskId)).toMatchObject({ state: "success" });
    const lines = await log(taskId);
    const cut = lines.find((line) => line.length > 1_000);
    expect(cut?.length).toBeLessThan(100_000);
    expect(cut).toMatch(/line of 10485760 bytes cut/);
    expect(lines).toContain(last);
  }
});

test("a file that is deleted or broken while its run is going on: the run ends on its version", async () => {
  const product = await createProduct({ steady: dagText("steady") });
  const gate = join(product.home, "gate");
  const text = (dagId: string) => `import { existsSync } from "node:fs";
import { Dag } from "stepwind";
export const dag = new Dag("${dagId}", { schedule: null });
const first = dag.task("first", async () => {
  while (!existsSync("${gate}")) await new Promise((resolve) => setTimeout(resolve, 10));
})();
const second = dag.task("second", async () => { console.log("still here"); })();
first.before(second);
`;
  for (const dagId of ["deleted", "broken"]) {
    product.write(`${dagId}.ts`, text(dagId));
    await product.isLive(dagId);
    await product.trigger(dagId, "r");
  }
  product.remove("deleted.ts");
  product.write("broken.ts", `${text("broken")}const = ;`);
  const isStale = async () => (await product.ask("/dags/deleted")).is_stale;
  await expect.poll(isStale, { timeout: 5_000 }).toBe(true);
  await expect.poll(() => product.mistakes("broken.ts"), { timeout: 5_000 }).toHaveLength(1);
  await expect(product.trigger("deleted", "again")).rejects.toThrow(/file deleted\.ts is gone/);

  writeFileSync(gate, "");
  for (const dagId of ["deleted", "broken"]) {
    expect(await product.ended(dagId, "r")).toBe("success");
    expect(await product.log(dagId, "r", "second")).toContain("still here");
  }
  expect(await product.run("steady", "r")).toBe("success");
});

test("while the disk is full, runs wait; they end as soon as there is space, with all that they did", async () => {
  const connections = vi.spyOn(DatabaseSync.prototype, "exec");
  onTestFinished(() => connections.mockRestore());
  const product = await createProduct({
    filling: `import { Dag } from "stepwind";
export const dag = new Dag("filling", { schedule: null });
const first = dag.task("t0", async () => "0".repeat(20_000))();
let last = first;
for (let i = 1; i < 5; i++) {
  const next = dag.task("t" + i, async () => String(i).repeat(20_000))();
  last.before(next);
  last = next;
}
`,
  });
  // Its own connection is the only one that feels this limit; SQLite then says what it says of a
  // full disk.
  const db = connections.mock.contexts.find(
    (each) => each instanceof DatabaseSync && each.location()?.endsWith("metadata.db"),
  );
  if (!(db instanceof DatabaseSync)) throw new Error("The product has opened no database");
  const pages = db.prepare("PRAGMA page_count").get()?.page_count;
  db.exec(`PRAGMA max_page_count = ${Number(pages) + 3}`);

  await product.trigger("filling", "r");
  await vi.waitFor(() => expect(product.reports.join("\n")).toMatch(/^error: .*disk full/m), 5_000);
  expect(product.reports.join("\n")).toMatch(/nothing is lost; free space in .*\.stepwind$/m);
  expect(await product.ask("/dags/filling/dagRuns/r")).toMatchObject({ state: "running" });

  db.exec("PRAGMA max_page_count = 1000000");
  expect(await product.ended("filling", "r")).toBe("success");
  expect(product.reports.join("\n")).toContain("can be written again");
  for (const index of [0, 1, 2, 3, 4]) {
    const place = `/dags/filling/dagRuns/r/taskInstances/t${index}`;
    expect(await product.ask(place)).toMatchObject({ state: "success", try_number: 1 });
    const { value } = await product.ask(`${place}/xcomEntries/return_value`);
    expect(value).toBe(String(index).repeat(20_000));
  }
});

test("a second server on the same folder is refused, and the first goes on", async () => {
  const product = await createProduct({ steady: dagText("steady") });
  const options = { home: product.home, dagsFolder: join(product.home, "..", "dags"), port: 0 };
  await expect(startStandalone(options)).rejects.toThrow(
    /^Another stepwind \(process \d+, http:\/\/127\.0\.0\.1:\d+\) is running in .*; stop it or use another --home$/,
  );
  expect(await product.run("steady", "r")).toBe("success");
});

test("a port that is taken is named, nothing is left open, and the next port will do", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const home = temporaryFolder();
  const options = { home, dagsFolder: home };
  const message = `Port ${port} on 127.0.0.1 is in use by another program; stop it, or choose another with --port`;
  await expect(startStandalone({ ...options, port })).rejects.toThrow(message);
  await expect(startServer(options, "--port", String(port))).rejects.toThrow(message);
  const server = await startServer(options);
  expect(await server.kill("SIGTERM")).toBe(0);
});
