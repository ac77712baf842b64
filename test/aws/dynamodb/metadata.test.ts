// DynamoDB passes the metadata contract, also while calls fail and answers are lost, and what a
// task costs is bounded.
import { randomBytes } from "node:crypto";
import { type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createDynamoDbMetadata } from "../../../src/aws/dynamodb/metadata.ts";
import type { DagRunRecord, TaskInstanceKey } from "../../../src/model/records.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { metadataContract } from "../../contract/metadata/contract.ts";
import {
  dagDocument,
  dagRecord,
  dagVersion,
  januaryDay,
  scheduledRun,
  taskKey,
  xcom,
} from "../../contract/records.ts";
import { createRandom } from "../../reference/random-dags.ts";
import { type DynamoDbServer, HAS_JAVA, serverAt, startDynamoDbLocal } from "./dynamodb-local.ts";

const ENDPOINT = process.env.AWS_ENDPOINT_URL;

/** Of a hundred calls so many fail before they are made, and so many answers are lost. */
const FAILING = { before: 15, after: 15 } as const;

if (HAS_JAVA) describe("DynamoDB Local", () => onServer(startDynamoDbLocal, { isLocal: true }));
if (ENDPOINT)
  describe(ENDPOINT, () => onServer(async () => serverAt(ENDPOINT), { isLocal: false }));

test("there is a DynamoDB to test with: Java for DynamoDB Local, or AWS_ENDPOINT_URL", () => {
  expect(HAS_JAVA || ENDPOINT !== undefined).toBe(true);
});

function onServer(start: () => Promise<DynamoDbServer>, { isLocal }: { isLocal: boolean }): void {
  let server: DynamoDbServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  async function createTable(): Promise<string> {
    const tableName = await server.createTable();
    onTestFinished(() => server.deleteTable(tableName));
    return tableName;
  }

  async function create(client: DynamoDBClient = server.connect()) {
    return createDynamoDbMetadata({ client, tableName: await createTable() });
  }

  metadataContract("DynamoDB", () => create(), { queries: 12 });
  if (!isLocal) return;
  metadataContract("DynamoDB whose calls fail", () => create(unreliable(server.connect(ONCE))), {
    queries: 4,
  });

  test("a version that no item can hold is kept as it is, also when several write it", async () => {
    const metadata = await create();
    const docMd = randomBytes(700_000).toString("base64");
    const version = dagVersion({ document: dagDocument({ docMd }) });
    const small = dagVersion({ hash: "hash-2", number: 2 });
    const created = await Promise.all([
      metadata.versions.create(version),
      metadata.versions.create({ ...version, number: 7 }),
      metadata.versions.create(small),
    ]);
    expect(created.slice(0, 2).filter(Boolean)).toHaveLength(1);
    const kept = created[0] ? version : { ...version, number: 7 };
    expect(await metadata.versions.get("etl", "hash-1")).toEqual(kept);
    expect((await metadata.versions.list("etl")).map(({ hash }) => hash).sort()).toEqual([
      "hash-1",
      "hash-2",
    ]);
  });

  test("a document of 1 MB costs as much as it is long when deflated", async () => {
    const { metadata, consumed } = await createCounted();
    const document = dagDocument({ docMd: "x".repeat(1_000_000) });
    await metadata.versions.create(dagVersion({ document }));
    await metadata.versions.get("etl", "hash-1");
    expect(consumed()).toEqual({ readUnits: 1, writeUnits: 2 });
  });

  test("ids, names and texts as long as they may be are kept", async () => {
    const metadata = await create();
    const long = (letter: string) => letter.repeat(250);
    const key = { dagId: long("日"), runId: long("r"), taskId: long("本"), mapIndex: 99_999 };
    const set = { state: "failed", message: "m".repeat(100_000) } as const;
    const changed = await metadata.taskInstances.update({ key, from: [null], set });
    expect(changed?.message).toBe(set.message);
    expect(await metadata.taskInstances.list(key)).toEqual([changed]);
    const names = [`${long("x")}1`, `${long("x")}2`, "short"];
    for (const name of names)
      await metadata.xcoms.put(xcom({ ...key, key: name, value: `"${name}"` }));
    expect((await metadata.xcoms.list(key)).map(({ value }) => value)).toEqual(
      names.toSorted().map((name) => `"${name}"`),
    );
    await metadata.taskStates.put(key, long("n"), "1");
    expect(await metadata.taskStates.get(key, long("n"))).toBe("1");
  });

  test("the last return value counts, wherever it stands", async () => {
    const metadata = await create();
    const key = taskKey();
    const values = ["1", `"${"x".repeat(20_000)}"`, "2"];
    const from = [null, "success"] as const;
    for (const [index, value] of values.entries()) {
      const xcoms = [xcom({ value }), xcom({ key: "other", value })];
      const set = { state: "success", tryNumber: index } as const;
      expect(await metadata.taskInstances.update({ key, from, set, xcoms })).toMatchObject(set);
      expect(await metadata.xcoms.list(key)).toEqual(xcoms.toReversed());
      expect(await metadata.xcoms.get(key, "return_value")).toEqual(xcoms[0]);
    }
    await metadata.xcoms.put(xcom({ value: "3" }));
    expect((await metadata.xcoms.get(key, "return_value"))?.value).toBe("3");
    const { value: _, ...rest } = xcom();
    const large = { ...rest, ref: "xcoms/1" };
    await metadata.taskInstances.update({ key, from, set: {}, xcoms: [large] });
    expect(await metadata.xcoms.get(key, "return_value")).toStrictEqual(large);
    await metadata.xcoms.delete(key);
    expect(await metadata.xcoms.list(key)).toEqual([]);
    expect((await metadata.taskInstances.get(key))?.tryNumber).toBe(2);
  });

  test("of a run with many tasks, those asked for are listed, with all map indexes", async () => {
    const metadata = await create();
    const keys = Array.from({ length: 60 }, (_, i) => taskKey({ taskId: `task_${i}` }));
    for (const taskId of ["task_0", "task_1", "task_59"]) {
      for (const mapIndex of [0, 1, 10]) keys.push(taskKey({ taskId, mapIndex }));
    }
    const set = { state: "success" } as const;
    await Promise.all(keys.map((key) => metadata.taskInstances.update({ key, from: [null], set })));
    const asked = [["task_0", "task_1"], ["task_1", "task_59", "task_7"], ["task_3"], ["task"]];
    // Twice: what a first listing cost decides how the next one is made.
    for (const taskIds of [...asked, ...asked]) {
      const listed = await metadata.taskInstances.list({ ...taskKey(), taskIds });
      const name = ({ taskId, mapIndex }: TaskInstanceKey) => `${taskId} ${mapIndex}`;
      const expected = keys.filter(({ taskId }) => taskIds.includes(taskId));
      expect(listed.map(name).sort()).toEqual(expected.map(name).sort());
    }
  });

  test("deleting a DAG that was interrupted goes on when it is asked again, and leaves nothing", async () => {
    const tableName = await createTable();
    const client = server.connect();
    const metadata = createDynamoDbMetadata({ client, tableName });
    await metadata.dags.put(dagRecord());
    const docMd = randomBytes(400_000).toString("base64");
    await metadata.versions.create(dagVersion({ document: dagDocument({ docMd }) }));
    for (let day = 1; day <= 5; day += 1) {
      const run = scheduledRun(day, { state: day % 2 ? "success" : "running" });
      await metadata.runs.create(run);
      for (let index = 0; index < 40; index += 1) {
        const key = taskKey({ runId: run.runId, taskId: `task_${index}` });
        await metadata.taskInstances.update({ key, from: [null], set: { state: "success" } });
      }
    }
    // Word that it is gone stays for a day.
    const count = async () => {
      const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName }));
      return Items.filter(({ pk }) => pk?.S !== "dag-states").length;
    };
    let before = await count();
    for (let calls = 3; before > 0; calls += 3) {
      const dying = createDynamoDbMetadata({
        client: diesAfter(server.connect(ONCE), calls),
        tableName,
      });
      await dying.dags.delete("etl").catch(() => {});
      const after = await count();
      expect(after).toBeLessThanOrEqual(before);
      if (after > 0) expect(await metadata.dags.get("etl")).toBeDefined();
      before = after;
    }
  });

  test("a failure that doesn't pass is thrown as it is", async () => {
    const metadata = createDynamoDbMetadata({ client: server.connect(), tableName: "none" });
    await expect(metadata.dags.get("etl")).rejects.toThrow("non-existent table");
  });

  test("a gate's token has a time to live of about a year", async () => {
    const tableName = await createTable();
    const client = server.connect();
    const clock = { now: () => Date.UTC(2026, 0, 1), sleep: async () => {} };
    const metadata = createDynamoDbMetadata({ client, tableName, clock });
    await metadata.gates.put({ ...taskKey(), token: "token" });
    const [item] = (await client.send(new ScanCommand({ TableName: tableName }))).Items ?? [];
    expect(Number(item?.expiresAt?.N)).toBe(Date.UTC(2027, 0, 2) / 1_000);
  });

  describe("what a task costs on the worker's path", () => {
    test.each<[string, number]>([
      ["without upstream", 0],
      ["with one upstream", 1],
      ["with two upstreams", 2],
      ["with three upstreams", 3],
    ])("%s: at most 6 write units and 4 read units", async (name, upstream) => {
      const { metadata, consumed } = await createCounted();
      const run = scheduledRun(1, { state: "running" });
      await metadata.runs.create(run);
      const taskIds = ["extract", "fetch", "get_rates"].slice(0, upstream);
      for (const taskId of [...taskIds, "other"])
        await work(metadata, run, { taskId, taskIds: [] });
      consumed();
      await work(metadata, run, { taskId: "transform", taskIds });
      const first = consumed();
      // The next run finds the task known.
      const next = scheduledRun(2, { state: "running" });
      await metadata.runs.create(next);
      for (const taskId of taskIds) await work(metadata, next, { taskId, taskIds: [] });
      consumed();
      await work(metadata, next, { taskId: "transform", taskIds });
      const units = consumed();
      console.info(`a task ${name}: ${units.writeUnits} W, ${units.readUnits} R`);
      expect(units.writeUnits).toBeLessThanOrEqual(2);
      expect(units.readUnits).toBeLessThanOrEqual(4);
      expect(first.writeUnits).toBeLessThanOrEqual(6);
      expect(first.readUnits).toBeLessThanOrEqual(4);
    });

    test("a run costs as much whatever its history", async () => {
      const { metadata, consumed } = await createCounted();
      const costs: { readUnits: number; writeUnits: number }[] = [];
      for (let day = 1; day <= 60; day += 1) {
        const run = scheduledRun(day);
        const { dagId, runId } = run;
        consumed();
        await metadata.runs.create(run);
        await metadata.runs.listActive(dagId);
        await metadata.runs.getLatestAutomated(dagId);
        const logicalDate = run.logicalDate ?? "";
        for (const automatedOnly of [false, true]) {
          await metadata.runs.getPrevious({ dagId, logicalDate, automatedOnly });
        }
        await metadata.runs.update({ dagId, runId, from: ["queued"], set: { state: "running" } });
        await metadata.runs.update({ dagId, runId, from: ["running"], set: { state: "success" } });
        await metadata.runs.list({ dagId, states: ["failed", "running"] });
        await metadata.runs.list({ states: ["queued"] });
        await metadata.runs.list({ limit: 5 });
        await metadata.taskInstances.isKnown(dagId, "load");
        costs.push(consumed());
      }
      console.info(
        `a run: ${costs.at(-1)?.writeUnits} W, and 3 W in the index, which DynamoDB Local leaves out`,
      );
      // 5 of them for what lists show of the DAG: see states/dag-states.ts.
      expect(costs.at(-1)?.writeUnits).toBeLessThanOrEqual(25);
      // From the nineteenth run on, what is kept of the DAG's newest runs is full.
      expect(new Set(costs.slice(19).map((cost) => JSON.stringify(cost)))).toHaveLength(1);
    });
  });

  async function createCounted() {
    const sum = { readUnits: 0, writeUnits: 0 };
    const metadata = createDynamoDbMetadata({
      client: server.connect(),
      tableName: await createTable(),
      onCapacity: (_, { readUnits, writeUnits }) => {
        sum.readUnits += readUnits;
        sum.writeUnits += writeUnits;
      },
    });
    /** Since it was asked last. */
    const consumed = () => {
      const { ...since } = sum;
      Object.assign(sum, { readUnits: 0, writeUnits: 0 });
      return since;
    };
    return { metadata, consumed };
  }
}

/** No retries by the SDK. */
const ONCE = { maxAttempts: 1 } as const;

/**
 * The calls of services/worker.ts for a task that succeeds and reads the value of its first
 * upstream.
 */
async function work(
  metadata: Metadata,
  { dagId, runId }: DagRunRecord,
  { taskId, taskIds }: { readonly taskId: string; readonly taskIds: readonly string[] },
): Promise<void> {
  const key = { dagId, runId, taskId, mapIndex: -1 };
  const [first] = taskIds;
  expect(await metadata.runs.get(dagId, runId)).toBeDefined();
  expect(await metadata.taskInstances.get(key)).toBeUndefined();
  expect(await metadata.taskInstances.list({ dagId, runId, taskIds })).toHaveLength(taskIds.length);
  if (first !== undefined) {
    expect(await metadata.xcoms.get({ ...key, taskId: first }, "return_value")).toBeDefined();
  }
  const startDate = januaryDay(2);
  const started = { state: "running", tryNumber: 1, maxTries: 2, startDate } as const;
  await metadata.taskInstances.update({ key, from: [null, "up_for_retry"], set: started });
  const value = JSON.stringify({ rows: 3, path: "s3://bucket/some/path/to/a/file.parquet" });
  const ended = await metadata.taskInstances.update({
    key,
    from: ["running"],
    tryNumber: 1,
    set: { state: "success", endDate: januaryDay(2) },
    xcoms: [xcom({ ...key, value, sizeBytes: value.length })],
  });
  expect(ended).toBeDefined();
}

let seed = 0;

/** Calls fail at random, as they do when a table is throttled or a connection breaks. */
function unreliable(client: DynamoDBClient): DynamoDBClient {
  seed += 1;
  const random = createRandom(seed);
  client.middlewareStack.add(
    (next) => async (call) => {
      const drawn = random.below(100);
      if (drawn < FAILING.before) {
        throw Object.assign(new Error("slow down"), { name: "ThrottlingException" });
      }
      const answer = await next(call);
      if (drawn < FAILING.before + FAILING.after) {
        throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
      }
      return answer;
    },
    { step: "finalizeRequest", priority: "low" },
  );
  return client;
}

function diesAfter(client: DynamoDBClient, calls: number): DynamoDBClient {
  let left = calls;
  client.middlewareStack.add(
    (next) => (call) => {
      left -= 1;
      if (left < 0) throw new Error("died");
      return next(call);
    },
    { step: "finalizeRequest", priority: "low" },
  );
  return client;
}
