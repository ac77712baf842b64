// What the metadata port promises about assets: events are recorded and queued once, a run takes
// its events before it is there, and nothing is lost or doubled between the two.
import { describe, expect, test } from "vitest";
import {
  type AssetStateRecord,
  assetStateKey,
  findStateFlaw,
} from "../../../src/model/assets/asset-states.ts";
import type { AssetEventRecord, QueuedAssetEvent } from "../../../src/model/assets/records.ts";
import { assetEventKey, assetIdText, assetReferenceKey } from "../../../src/model/ids.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { itemsOf } from "../../../src/ports/pages.ts";
import { dagRun, TRICKY_TEXT, taskKey } from "../records.ts";

/** The event of the asset at a minute of the hour. */
function event(assetId: number, minute: number, changes: Partial<AssetEventRecord> = {}) {
  const timestamp = `2026-01-01T00:${String(minute).padStart(2, "0")}:00.000Z`;
  const key = assetEventKey(timestamp, [assetId, minute]);
  return { key, assetId, timestamp, extra: {}, ...changes } satisfies AssetEventRecord;
}

function queued(dagId: string, { assetId, key }: AssetEventRecord): QueuedAssetEvent {
  return { dagId, assetId, key };
}

async function listQueued({ assetEvents }: Metadata, dagId: string, partitionKey?: string) {
  const of = partitionKey === undefined ? { dagId } : { dagId, partitionKey };
  const all: QueuedAssetEvent[] = [];
  for (let after: string | undefined; ; ) {
    const page = await assetEvents.listQueued({ ...of, limit: 2, ...(after ? { after } : {}) });
    all.push(...page.items);
    if (page.next === undefined) return all;
    after = page.next;
  }
}

/** Says that the run is being made. */
async function begin({ assetRuns }: Metadata, dagId: string, runId: string): Promise<string> {
  const runAfter = "2026-01-01T00:00:00.000Z";
  await assetRuns.put({ dagId, making: { runId, runAfter, versionHash: "hash-1" } });
  return (await assetRuns.get(dagId))?.revision ?? "";
}

/** Part of metadataContract. */
export function assetContract(create: () => Promise<Metadata>): void {
  describe("assets", () => {
    test("values of an asset are kept by its id and their key, as long as they may be", async () => {
      const { assetStates } = await create();
      const at = "2026-01-01T00:00:00.000Z";
      const state = (assetId: number, name: string, value: string): AssetStateRecord => ({
        assetId,
        name,
        value,
        updatedAt: at,
        updatedBy: { kind: "task", ...taskKey({ mapIndex: 3 }) },
      });
      // Each of its characters is two in a text within a text.
      const long = JSON.stringify('"'.repeat(65_000));
      const longName = "\u{1f600}".repeat(225);
      expect([findStateFlaw(longName, long), findStateFlaw(TRICKY_TEXT, "1")]).toEqual([
        undefined,
        undefined,
      ]);
      const all = [state(1, TRICKY_TEXT, "1"), state(1, longName, long), state(1, "a/b", "2")];
      for (const each of [...all, state(12, "a", "3")]) await assetStates.put(each);
      const found = await assetStates.get(assetStateKey(1, longName));
      expect(found).toMatchObject(state(1, longName, long));
      const { items } = await assetStates.list({ prefix: assetStateKey(1) });
      expect(items.map(({ name }) => name).toSorted()).toEqual(
        all.map(({ name }) => name).toSorted(),
      );
      await assetStates.delete(assetStateKey(1, TRICKY_TEXT));
      expect(await assetStates.get(assetStateKey(1, TRICKY_TEXT))).toBeUndefined();
      expect((await assetStates.get(assetStateKey(12, "a")))?.value).toBe("3");
    });

    test("an event is recorded and queued once, whole", async () => {
      const metadata = await create();
      const { assetEvents } = metadata;
      const first = event(1, 1, {
        extra: { text: TRICKY_TEXT, list: [1, null] },
        source: taskKey({ mapIndex: 3 }),
        aliases: ["x", "y"],
        partitionKey: "2026-01-01",
      });
      const readers = [{ dagId: "a#%" }, { dagId: "b", isPassive: true }] as const;
      expect(await assetEvents.record(first, readers)).toBe(true);
      expect(await assetEvents.record(first, readers)).toBe(false);
      expect((await assetEvents.list({ assetId: 1 })).items).toStrictEqual([first]);
      expect(await listQueued(metadata, "a#%")).toStrictEqual([queued("a#%", first)]);
      expect(await listQueued(metadata, "b")).toStrictEqual([
        { ...queued("b", first), isPassive: true },
      ]);
      await assetEvents.unqueue([queued("a#%", first)]);
      expect(await assetEvents.record(first, readers)).toBe(false);
      expect(await listQueued(metadata, "a#%")).toStrictEqual([]);
    });

    test("an event may have hundreds of readers", async () => {
      const metadata = await create();
      const readers = Array.from({ length: 250 }, (_, at) => ({ dagId: `reader-${at}` }));
      expect(await metadata.assetEvents.record(event(1, 1), readers)).toBe(true);
      expect(await metadata.assetEvents.record(event(1, 1), readers)).toBe(false);
      for (const dagId of ["reader-0", "reader-95", "reader-249"]) {
        expect(await listQueued(metadata, dagId)).toStrictEqual([queued(dagId, event(1, 1))]);
      }
      expect(await metadata.assetEvents.listConsumers(event(1, 1))).toStrictEqual([]);
    });

    test("events are listed by time, of one asset or of all, in a range, page by page", async () => {
      const { assetEvents } = await create();
      for (const minute of [3, 1, 2, 5, 4]) await assetEvents.record(event(1, minute), []);
      await assetEvents.record(event(2, 3), []);
      const minutesOf = async (listing: Parameters<typeof assetEvents.list>[0]) => {
        const minutes: number[] = [];
        for await (const { timestamp } of itemsOf((page) =>
          assetEvents.list({ ...listing, ...page, limit: 2 }),
        )) {
          minutes.push(new Date(timestamp).getUTCMinutes());
        }
        return minutes;
      };
      expect(await minutesOf({ assetId: 1 })).toEqual([5, 4, 3, 2, 1]);
      expect(await minutesOf({ assetId: 1, oldestFirst: true })).toEqual([1, 2, 3, 4, 5]);
      expect(await minutesOf({})).toEqual([5, 4, 3, 3, 2, 1]);
      const timestamps = { from: event(1, 2).timestamp, to: event(1, 4).timestamp };
      expect(await minutesOf({ timestamps, oldestFirst: true })).toEqual([2, 3, 3, 4]);
      expect(await minutesOf({ assetId: 1, timestamps })).toEqual([4, 3, 2]);
      await assetEvents.delete([event(1, 3), event(1, 1)]);
      expect(await minutesOf({})).toEqual([5, 4, 3, 2]);
    });

    test("the queue of a DAG is in order, and so is each of its partitions", async () => {
      const metadata = await create();
      const { assetEvents } = metadata;
      for (const minute of [2, 3, 1]) {
        await assetEvents.record(event(1, minute), [
          { dagId: "a", partitionKey: "x#1" },
          { dagId: "a", partitionKey: "y" },
          { dagId: "b" },
        ]);
      }
      const keys = [1, 2, 3].map((minute) => event(1, minute).key);
      expect((await listQueued(metadata, "b")).map(({ key }) => key)).toEqual(keys);
      expect((await listQueued(metadata, "a", "x#1")).map(({ key }) => key)).toEqual(keys);
      expect((await listQueued(metadata, "a")).map((each) => each.partitionKey)).toEqual(
        ["x#1", "y"].flatMap((key) => [key, key, key]),
      );
      expect(await listQueued(metadata, "a", "x")).toEqual([]);
    });

    test("a run takes its events before it is there, each once", async () => {
      const metadata = await create();
      const { assetEvents, runs } = metadata;
      const events = Array.from({ length: 50 }, (_, minute) => event(1, minute));
      for (const each of events) await assetEvents.record(each, [{ dagId: "etl" }]);
      const all = await listQueued(metadata, "etl");
      const revision = await begin(metadata, "etl", "run-1");
      const claim = { dagId: "etl", runId: "run-1", revision };
      expect(await assetEvents.claim({ ...claim, events: all.slice(0, 3) })).toBe(true);
      expect(await assetEvents.claim({ ...claim, events: all })).toBe(true);
      expect(await listQueued(metadata, "etl")).toStrictEqual([]);
      const late = event(1, 55);
      await assetEvents.record(late, [{ dagId: "etl" }]);
      await runs.create(dagRun({ runId: "run-1", state: "running" }));
      expect(await assetEvents.claim({ ...claim, events: [queued("etl", late)] })).toBe(false);
      const consumed = itemsOf((page) =>
        assetEvents.listConsumed({ dagId: "etl", runId: "run-1", ...page, limit: 20 }),
      );
      const found: AssetEventRecord[] = [];
      for await (const each of consumed) found.push(each);
      expect(found).toStrictEqual(events);
      expect(await assetEvents.listConsumers(event(1, 7))).toStrictEqual([
        { dagId: "etl", runId: "run-1" },
      ]);
      expect(await listQueued(metadata, "etl")).toStrictEqual([queued("etl", late)]);
    });

    test("nothing is moved to a run when another is being made by then", async () => {
      const metadata = await create();
      const { assetEvents } = metadata;
      await assetEvents.record(event(1, 1), [{ dagId: "etl" }]);
      const [first] = await listQueued(metadata, "etl");
      if (!first) throw new Error("The event is not queued");
      const before = await begin(metadata, "etl", "run-1");
      const revision = await begin(metadata, "etl", "run-2");
      const claim = { dagId: "etl", events: [first] };
      expect(await assetEvents.claim({ ...claim, runId: "run-1", revision: before })).toBe(false);
      expect(await listQueued(metadata, "etl")).toHaveLength(1);
      expect(await assetEvents.claim({ ...claim, runId: "run-2", revision })).toBe(true);
      expect(await listQueued(metadata, "etl")).toHaveLength(0);
    });

    test("a DAG that is deleted leaves no queue, and a run no events of its own", async () => {
      const metadata = await create();
      const { assetEvents, runs, dags } = metadata;
      await assetEvents.record(event(1, 1), [{ dagId: "etl" }, { dagId: "other" }]);
      const events = await listQueued(metadata, "etl");
      const revision = await begin(metadata, "etl", "run-1");
      await assetEvents.claim({ dagId: "etl", runId: "run-1", revision, events });
      await runs.create(dagRun({ runId: "run-1", state: "success" }));
      await runs.delete("etl", "run-1");
      const query = { dagId: "etl", runId: "run-1" };
      expect((await assetEvents.listConsumed(query)).items).toEqual([]);
      await assetEvents.record(event(1, 2), [{ dagId: "etl" }]);
      await dags.delete("etl");
      expect(await listQueued(metadata, "etl")).toEqual([]);
      expect(await listQueued(metadata, "other")).toHaveLength(1);
      expect((await assetEvents.list({})).items).toHaveLength(2);
    });

    test("assets, aliases and references are kept by their keys", async () => {
      const { assets, assetAliases, assetReferences } = await create();
      const at = "2026-01-01T00:00:00.000Z";
      const asset = { id: 2 ** 52, name: TRICKY_TEXT, uri: "s3://b/k", group: "asset" };
      const record = { ...asset, extra: {}, createdAt: at, updatedAt: at, isActive: true };
      await assets.put(record);
      expect(await assets.get(assetIdText(asset.id))).toMatchObject(record);
      await assetAliases.put({ id: 3, name: "x", group: "asset", assetIds: [asset.id] });
      expect(await assetAliases.get("3")).toMatchObject({ assetIds: [asset.id] });
      const target = { kind: "asset", id: 1 } as const;
      for (const [use, dagId] of [
        ["schedule", "a"],
        ["schedule", "b"],
        ["outlet", "a"],
      ] as const) {
        const key = assetReferenceKey(target, use, dagId);
        await assetReferences.put({ key, use, dagId, taskIds: [], createdAt: at, updatedAt: at });
      }
      const found = await assetReferences.list({ prefix: assetReferenceKey(target, "schedule") });
      expect(found.items.map(({ dagId }) => dagId)).toEqual(["a", "b"]);
    });
  });
}
