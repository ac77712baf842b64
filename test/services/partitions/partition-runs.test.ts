// Runs for partitions of assets: one for each partition that has all it waits for, once, whoever
// plans, and whenever a process dies.
import { expect, test } from "vitest";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import type { AssetEventRecord } from "../../../src/model/assets/records.ts";
import { assetEventKey, assetIdOf } from "../../../src/model/ids.ts";
import type { PartitionedAssetSchedule } from "../../../src/model/partitions/asset-schedules.ts";
import type { DagRunRecord } from "../../../src/model/records.ts";
import {
  dayWindow,
  fanOutMapper,
  identityMapper,
  minimumCount,
  rollupMapper,
  startOfDayMapper,
  startOfHourMapper,
  startOfWeekMapper,
  weekWindow,
} from "../../../src/sdk/index.ts";
import { planAssetRuns } from "../../../src/services/assets/asset-runs.ts";
import { partitionReaders } from "../../../src/services/partitions/partition-readers.ts";
import { dagRecord, dagVersion } from "../../contract/records.ts";
import { dag, task } from "../../reference/documents.ts";

const NOW = Date.UTC(2026, 0, 31, 12);
const ASSETS = ["a", "b"].map((name) => ({ name, uri: `s3://${name}`, group: "asset" }));

function asset(name: string) {
  return { kind: "asset", name, uri: `s3://${name}`, group: "asset" } as const;
}

function scheduled(options: Partial<PartitionedAssetSchedule> = {}): PartitionedAssetSchedule {
  return {
    kind: "partitioned-assets",
    condition: { kind: "all", conditions: [asset("a"), asset("b")] },
    mappers: [],
    defaultMapper: startOfHourMapper(),
    ...options,
  };
}

async function setUp(schedule: PartitionedAssetSchedule) {
  const metadata = createSqliteMetadata({ file: ":memory:" });
  const warnings: string[] = [];
  const report = { info() {}, warn: (told: string) => warnings.push(told), error() {} };
  let count = 0;
  const clock = { now: () => NOW, sleep: async () => {} };
  const randomId = () => `random-${++count}`;
  const context = { metadata, report, clock, randomId };
  const at = "2026-01-01T00:00:00.000Z";
  for (const each of ASSETS) {
    const id = assetIdOf(each);
    await metadata.assets.put({
      ...each,
      id,
      extra: {},
      createdAt: at,
      updatedAt: at,
      isActive: true,
    });
  }
  async function setSchedule(next: PartitionedAssetSchedule, hash: string) {
    const document = dag("down", [task("work")], { schedule: next });
    await metadata.versions.create(dagVersion({ dagId: "down", hash, document }));
    const before = await metadata.dags.get("down");
    const revision = (before?.revision ?? 0) + 1;
    await metadata.dags.put(dagRecord({ dagId: "down", versionHash: hash, revision }));
  }
  await setSchedule(schedule, "v1");

  async function change(
    name: string,
    partitionKey?: string,
    fields: Partial<AssetEventRecord> = {},
  ) {
    count += 1;
    const timestamp = new Date(NOW + count).toISOString();
    const assetId = assetIdOf({ name, uri: `s3://${name}` });
    const key = assetEventKey(timestamp, [count]);
    const partition = partitionKey === undefined ? {} : { partitionKey };
    const event = { key, assetId, timestamp, extra: {}, ...partition, ...fields };
    const record = await metadata.dags.get("down");
    if (!record) throw new Error("There is no DAG");
    await metadata.assetEvents.record(event, await partitionReaders(context, record, event));
  }

  async function plan(other: Partial<typeof context> = {}) {
    const record = await metadata.dags.get("down");
    if (!record) throw new Error("There is no DAG");
    const { document } = (await metadata.versions.get("down", record.versionHash)) ?? {};
    if (!document) throw new Error("There is no version");
    const query = { dag: record, document, activeRuns: [] };
    return planAssetRuns({ ...context, ...other }, query);
  }

  const runs = async () => (await metadata.runs.list({ dagId: "down", oldestFirst: true })).items;
  const keys = async () => (await runs()).map(({ partitionKey }) => partitionKey).sort();
  async function consumed({ runId }: Pick<DagRunRecord, "runId">) {
    const { items } = await metadata.assetEvents.listConsumed({ dagId: "down", runId });
    return items.map(({ partitionKey }) => partitionKey);
  }
  return { metadata, context, warnings, change, plan, runs, keys, consumed, setSchedule };
}

test("a partition has a run when all assets have come, with the events that it has consumed", async () => {
  const { change, plan, runs, consumed } = await setUp(scheduled());
  await change("a", "2026-01-31T10:05:00");
  await change("a", "2026-01-31T11:00:00");
  expect(await plan()).toEqual([]);
  await change("b", "2026-01-31T10:59:00");
  const [run] = await plan();
  expect(run).toMatchObject({
    runType: "asset_triggered",
    triggeredBy: "asset",
    state: "queued",
    logicalDate: null,
    partitionKey: "2026-01-31T10",
    partitionDate: "2026-01-31T10:00:00.000Z",
    versionHash: "v1",
  });
  expect(run?.runId).toMatch(/^asset_triggered__2026-01-31T12:00:00\+00:00_/);
  expect(await plan()).toEqual([]);
  expect(await runs()).toHaveLength(1);
  expect(await consumed(run ?? { runId: "" })).toEqual([
    "2026-01-31T10:05:00",
    "2026-01-31T10:59:00",
  ]);
});

test("what comes after the run makes another one", async () => {
  const { change, plan, keys } = await setUp(scheduled({ condition: asset("a") }));
  await change("a", "2026-01-31T10:05:00");
  await plan();
  await change("a", "2026-01-31T10:06:00");
  await change("a", "2026-01-31T10:07:00");
  await plan();
  await plan();
  expect(await keys()).toEqual(["2026-01-31T10", "2026-01-31T10"]);
});

test("a rollup waits for its window, or for as many keys as its policy wants", async () => {
  const day = rollupMapper({ upstreamMapper: startOfDayMapper(), window: dayWindow() });
  const { change, plan, runs } = await setUp(
    scheduled({ condition: asset("a"), defaultMapper: day }),
  );
  const hour = (each: number) => `2026-01-31T${String(each).padStart(2, "0")}:00:00`;
  for (let each = 0; each < 23; each += 1) await change("a", hour(each));
  await change("a", hour(0));
  expect(await plan()).toEqual([]);
  await change("a", hour(23));
  expect(await plan()).toMatchObject([
    { partitionKey: "2026-01-31", partitionDate: "2026-01-31T00:00:00.000Z" },
  ]);
  expect(await runs()).toHaveLength(1);

  const few = { ...day, waitPolicy: minimumCount(2) };
  const other = await setUp(scheduled({ condition: asset("a"), defaultMapper: few }));
  await other.change("a", hour(0));
  expect(await other.plan()).toEqual([]);
  await other.change("a", hour(5));
  expect(await other.plan()).toHaveLength(1);
});

test("a rollup that can never have enough says so, once", async () => {
  const policy = { waitPolicy: minimumCount(30) };
  const day = rollupMapper({ upstreamMapper: startOfDayMapper(), window: dayWindow(), ...policy });
  const { change, plan, warnings } = await setUp(
    scheduled({ condition: asset("a"), defaultMapper: day }),
  );
  await change("a", "2026-01-31T00:00:00");
  await plan();
  await plan();
  expect(warnings).toEqual([
    'Partition "2026-01-31" of DAG "down": asset "a": wait policy minimumCount(30) can never be satisfied, since the window has 24 keys',
  ]);
});

test("one key fans out into the runs of its window", async () => {
  const week = fanOutMapper({ upstreamMapper: startOfWeekMapper(), window: weekWindow() });
  const { change, plan, keys } = await setUp(
    scheduled({ condition: asset("a"), defaultMapper: week }),
  );
  await change("a", "2026-01-28T10:00:00");
  expect(await plan()).toHaveLength(7);
  expect(await keys()).toEqual(
    [26, 27, 28, 29, 30, 31].map((d) => `2026-01-${d}`).concat("2026-02-01"),
  );
});

test("an identity key brings the date of the asset's partition along, unless dates disagree", async () => {
  const schedule = scheduled({ condition: asset("a"), defaultMapper: identityMapper() });
  const { change, plan } = await setUp(schedule);
  const [first, second] = ["2026-01-30T00:00:00.000Z", "2026-01-31T00:00:00.000Z"] as const;
  await change("a", "x", { partitionDate: first });
  expect((await plan())[0]?.partitionDate).toBe(first);
  await change("a", "x", { partitionDate: first });
  await change("a", "x", { partitionDate: second });
  expect((await plan())[0]).not.toHaveProperty("partitionDate");
});

test("keys that can't be mapped, and events without a key, are told and make no run", async () => {
  const { change, plan, warnings, metadata } = await setUp(scheduled({ condition: asset("a") }));
  await change("a", "yesterday");
  await change("a");
  expect(await plan()).toEqual([]);
  expect(warnings).toEqual([
    expect.stringContaining(
      `DAG "down" can't map partition key "yesterday" of asset "a", of an event from outside`,
    ),
    expect.stringContaining("has no partition key"),
  ]);
  expect((await metadata.assetEvents.listQueued({ dagId: "down" })).items).toEqual([]);
});

test("events of an asset that isn't active don't count until it is again", async () => {
  const { change, plan, metadata } = await setUp(scheduled({ condition: asset("a") }));
  await change("a", "2026-01-31T10:05:00");
  const id = String(assetIdOf(asset("a")));
  const stored = await metadata.assets.get(id);
  if (!stored) throw new Error("There is no asset");
  const { revision: _, ...record } = stored;
  await metadata.assets.put({ ...record, isActive: false });
  expect(await plan()).toEqual([]);
  await metadata.assets.put({ ...record, isActive: true });
  expect(await plan()).toHaveLength(1);
});

test("what was mapped by rules that the DAG has no more doesn't count", async () => {
  const { change, plan, keys, setSchedule } = await setUp(scheduled());
  await change("a", "2026-01-31T10:05:00");
  await setSchedule(scheduled({ defaultMapper: startOfHourMapper({ outputFormat: "%H" }) }), "v2");
  await change("b", "2026-01-31T10:05:00");
  expect(await plan()).toEqual([]);
  await change("a", "2026-01-31T10:06:00");
  expect(await plan()).toHaveLength(1);
  expect(await keys()).toEqual(["10"]);
});

test("a paused DAG gets no events, and what it has got makes runs all the same", async () => {
  const { change, plan, metadata } = await setUp(scheduled());
  await change("a", "2026-01-31T10:05:00");
  await change("b", "2026-01-31T10:05:00");
  const stored = await metadata.dags.get("down");
  if (!stored) throw new Error("There is no DAG");
  await metadata.dags.put({ ...stored, isPaused: true, revision: stored.revision + 1 });
  await change("a", "2026-01-31T11:05:00");
  expect(await plan()).toMatchObject([{ partitionKey: "2026-01-31T10", state: "queued" }]);
  expect((await metadata.assetEvents.listQueued({ dagId: "down" })).items).toEqual([]);
});

test("whoever plans at the same time, and wherever a process dies, each event makes one run", async () => {
  const schedule = scheduled({ condition: asset("a"), defaultMapper: identityMapper() });
  for (let death = 0; death < 40; death += 1) {
    const { change, plan, runs, consumed, metadata, context } = await setUp(schedule);
    for (const key of ["x", "y", "x", "z"]) await change("a", key);
    let calls = 0;
    const dying = new Proxy(metadata, { get: (target, name) => mortal(Reflect.get(target, name)) });
    function mortal(store: unknown): unknown {
      if (typeof store !== "object" || store === null) return store;
      return new Proxy(store, {
        get:
          (target, name) =>
          (...args: readonly unknown[]) => {
            if (calls++ >= death) return Promise.reject(new Error("died"));
            return Reflect.get(target, name)(...args);
          },
      });
    }
    await Promise.allSettled([plan({ ...context, metadata: dying }), plan(), plan()]);
    await plan();
    const made = await runs();
    const taken = await Promise.all(made.map(consumed));
    expect(taken.flat().sort()).toEqual(["x", "x", "y", "z"]);
    expect(taken.every((keys) => keys.length > 0)).toBe(true);
    expect((await metadata.assetEvents.listQueued({ dagId: "down" })).items).toEqual([]);
    expect((await metadata.assetRuns.get("down"))?.making).toBeUndefined();
    await metadata.close();
  }
});
