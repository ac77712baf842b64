// What the metadata port promises about listings of runs as data: any conditions in any order,
// answered as a plain reading of all runs would.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Condition, FieldValue } from "../../../src/model/listings/conditions.ts";
import type { RunField } from "../../../src/model/listings/run-fields.ts";
import type { DagRunRecord } from "../../../src/model/records.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { createRandom } from "../../reference/random-dags.ts";
import { dagRun } from "../records.ts";
import { expectPage, expectPages, meant, type Oracle } from "./listing-oracle.ts";

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const DAGS = ["etl", "etl_daily", "Bericht_ü", "zz#top"];
const STATES = ["queued", "running", "success", "success", "success", "failed"] as const;
const TYPES = ["manual", "scheduled", "backfill", "asset_triggered"] as const;

const NUMBERS = [
  ...(["runAfter", "logicalDate", "partitionDate", "startDate", "endDate"] as const),
  ...(["duration", "updatedAt"] as const),
] satisfies RunField[];
const TEXTS = [
  ...(["dagId", "runId", "runType", "state", "partitionKey", "triggeringUserName"] as const),
  ...(["versionHash", "conf"] as const),
] satisfies RunField[];
const ORDERS: readonly RunField[] = [...NUMBERS, "dagId", "runId", "state", "conf"];

/** Runs of a few DAGs that have a bit of everything, with many equal values. */
function someRuns(count: number): readonly DagRunRecord[] {
  const random = createRandom(7);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random.next() * items.length)] as T;
  const at = (hours: number) => new Date(START + hours * HOUR).toISOString();
  return Array.from({ length: count }, (_, index) => {
    const hours = Math.floor(random.next() * 40);
    const state = pick(STATES);
    const runType = pick(TYPES);
    const startDate = state === "queued" ? undefined : at(hours + 1);
    const isOver = state === "success" || state === "failed";
    return dagRun({
      dagId: pick(DAGS),
      runId: `${runType}__${index % 50}_${index}`,
      runType,
      state,
      runAfter: at(hours),
      queuedAt: at(hours),
      logicalDate: runType === "manual" ? null : at(index),
      versionHash: pick(["v1", "v2"]),
      conf: pick([{}, {}, { day: "friday" }, { n: 3 }]),
      ...(startDate === undefined ? {} : { startDate }),
      ...(isOver ? { endDate: at(hours + 1 + Math.floor(random.next() * 3)) } : {}),
      ...(runType === "manual" ? { triggeringUserName: pick(["ann", "Bob"]) } : {}),
      ...(runType === "backfill"
        ? { partitionKey: `p|${index % 3}`, partitionDate: at(24 * (index % 3)) }
        : {}),
    });
  });
}

/** In other words than the product's fields. */
function read(run: DagRunRecord, field: RunField): FieldValue {
  if (field === "duration") {
    return run.startDate && run.endDate
      ? Date.parse(run.endDate) - Date.parse(run.startDate)
      : null;
  }
  if (field === "updatedAt") {
    return Math.max(
      ...[run.queuedAt, run.startDate, run.endDate].map((date) => Date.parse(date ?? run.queuedAt)),
    );
  }
  if (field === "conf") return JSON.stringify(run.conf).replaceAll(":", ": ");
  const value = run[field];
  if (value === undefined || value === null) return null;
  return (NUMBERS as readonly RunField[]).includes(field) ? Date.parse(value) : value;
}

const moments = fc.integer({ min: -2, max: 60 }).map((hours) => START + hours * HOUR);
const numbers = fc.constantFrom(...NUMBERS).chain((field) => {
  const bound = field === "duration" ? fc.integer({ min: 0, max: 3 * HOUR }) : moments;
  return fc
    .record({ from: bound, to: bound, orAbsent: fc.boolean() }, { requiredKeys: [] })
    .map((range): Condition<RunField> => ({ kind: "range", field, ...range }));
});
const SAMPLES: Readonly<Partial<Record<RunField, readonly string[]>>> = {
  dagId: DAGS,
  state: ["queued", "running", "success", "failed"],
  runType: TYPES,
  triggeringUserName: ["ann", "Bob", "eve"],
  partitionKey: ["p|0", "p|1", "p"],
  versionHash: ["v1", "v2"],
  conf: ["{}", '{"n": 3}'],
  runId: ["manual__1_1", "scheduled__3_3", "nobody"],
};
const PARTS = ["%", "%a%", "%ETL%", "e%", "%_1%", "%Ü%", "%ß%", "manual%", "p|0", "%fri%", "x"];
const STARTS = ["", "e", "etl", "manual__1", "p|", "B", "{", "v"];
const texts = fc.constantFrom(...TEXTS).chain((field): fc.Arbitrary<Condition<RunField>> => {
  const values = fc.subarray([...(SAMPLES[field] ?? [])], { minLength: 1 });
  return fc.oneof(
    fc
      .record({ values, isExcluded: fc.boolean() })
      .map((each) => ({ kind: "in" as const, field, ...each })),
    fc
      .subarray(PARTS, { minLength: 1, maxLength: 3 })
      .map((patterns) => ({ kind: "like" as const, field, patterns })),
    fc
      .subarray(STARTS, { minLength: 1, maxLength: 2 })
      .map((prefixes) => ({ kind: "starts" as const, field, prefixes })),
  );
});
const listings = fc.record({
  conditions: fc.array(fc.oneof(numbers, texts), { maxLength: 3 }),
  order: fc.uniqueArray(
    fc.record({ field: fc.constantFrom(...ORDERS), isDescending: fc.boolean() }),
    { minLength: 1, maxLength: 2, selector: ({ field }) => field },
  ),
  limit: fc.constantFrom(1, 7, 50, 200),
  offset: fc.constantFrom(0, 0, 3, 100, 500),
});

/** Part of metadataContract. `queries` are asked at random. */
export function runListingContract(create: () => Promise<Metadata>, queries: number): void {
  const idOf = ({ dagId, runId }: DagRunRecord) => `${dagId}/${runId}`;

  async function filled(count = 100) {
    const metadata = await create();
    const items = someRuns(count);
    for (const run of items) expect(await metadata.runs.create(run)).toBe("created");
    const oracle: Oracle<DagRunRecord, RunField> = { items, read, idOf };
    return { metadata, oracle, find: metadata.runs.find };
  }

  describe("listings of runs", () => {
    test("every field, filtered by range, list, pattern and beginning, in every order", async () => {
      const { oracle, find } = await filled();
      for (const field of ORDERS) {
        for (const isDescending of [false, true]) {
          const order = [{ field, isDescending }];
          await expectPage(find, oracle, { conditions: [], order, limit: 30, offset: 20 });
          await expectPages(find, oracle, { conditions: [], order, limit: 45 });
        }
      }
      const order = [{ field: "runAfter", isDescending: true }] as const;
      for (const field of NUMBERS) {
        const middle = field === "duration" ? HOUR : START + 20 * HOUR;
        for (const range of [{}, { from: middle }, { to: middle }, { from: middle, to: middle }]) {
          for (const orAbsent of [false, true]) {
            const conditions = [{ kind: "range", field, ...range, orAbsent }] as const;
            await expectPage(find, oracle, { conditions, order, limit: 10 });
          }
        }
      }
    });

    test("random listings are answered as by reading all runs", async () => {
      const { oracle, find } = await filled();
      await fc.assert(
        fc.asyncProperty(listings, async ({ offset, ...listing }) => {
          await expectPage(find, oracle, { ...listing, offset });
          // Page by page, few items a page take many calls.
          if (listing.limit > 1) await expectPages(find, oracle, listing);
        }),
        { numRuns: queries },
      );
    });

    test("a run is listed as it is now, and no more when it is deleted", async () => {
      const { metadata, oracle, find } = await filled(12);
      const order = [{ field: "endDate", isDescending: true }] as const;
      const conditions = [{ kind: "in", field: "state", values: ["failed"] }] as const;
      const listing = { conditions, order, limit: 50, isCounted: true } as const;
      const before = meant(oracle, conditions).length;
      await metadata.runs.create(dagRun({ runId: "new", state: "running" }));
      const set = { state: "failed", endDate: new Date(START + 99 * HOUR).toISOString() } as const;
      await metadata.runs.update({ dagId: "etl", runId: "new", from: ["running"], set });
      const changed = await find(listing);
      expect(changed.items.map(idOf)).toContain("etl/new");
      expect(changed.items.length).toBe(before + 1);
      await metadata.runs.delete("etl", "new");
      expect((await find(listing)).items.map(idOf)).not.toContain("etl/new");
      expect((await find(listing)).total?.count).toBe(before);
    });

    test("a cursor that the store never gave out is refused", async () => {
      const { find } = await filled(3);
      const order = [{ field: "startDate", isDescending: false }] as const;
      await expect(find({ conditions: [], order, limit: 5, cursor: "bm9uZQ" })).rejects.toThrow(
        "continues no listing",
      );
    });
  });
}
