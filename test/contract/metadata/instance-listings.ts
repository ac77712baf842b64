// What the metadata port promises about listings of task instances: those of runs that have ended,
// by any conditions in any order, where the store has an index for them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Condition, FieldValue } from "../../../src/model/listings/conditions.ts";
import type { InstanceField } from "../../../src/model/listings/instance-fields.ts";
import type { TaskInstanceState } from "../../../src/model/states.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { taskDocument } from "../../model/documents.ts";
import { createRandom } from "../../reference/random-dags.ts";
import { dagDocument, dagRun, dagVersion } from "../records.ts";
import { expectPage, type Oracle } from "./listing-oracle.ts";

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const TASKS = ["extract", "load", "report"];
const STATES: readonly (TaskInstanceState | null)[] = ["success", "success", "failed", null];

type Facts = Readonly<Record<InstanceField, FieldValue>>;

/** Fills a database; answers what is to be listed. */
async function fill(metadata: Metadata): Promise<readonly Facts[]> {
  const random = createRandom(11);
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T;
  const at = (moment: number) => new Date(moment).toISOString();
  const all: Facts[] = [];
  for (const dagId of ["etl", "sales"]) {
    const tasks = TASKS.map((taskId) =>
      taskDocument(taskId, {
        operator: taskId === "load" ? "bash" : "typescript",
        ...(taskId === "report" ? { pool: "db", groupId: "inner" } : {}),
      }),
    );
    const groups = [{ groupId: "outer" }, { groupId: "inner", parentId: "outer" }];
    const document = dagDocument({ dagId, tasks, groups });
    await metadata.versions.create(dagVersion({ dagId, document, number: 2 }));
    for (let index = 0; index < 20; index += 1) {
      const due = START + (index % 8) * MINUTE;
      const runId = `run_${index}`;
      const isOver = index % 5 > 0;
      const run = dagRun({ dagId, runId, state: "running", runAfter: at(due), queuedAt: at(due) });
      await metadata.runs.create(run);
      for (const [place, taskId] of TASKS.entries()) {
        const state = pick(STATES);
        const began = due + random.below(5) * MINUTE;
        const ended = began + random.below(3) * MINUTE;
        const tryNumber = 1 + random.below(2);
        if (state !== null) {
          const key = { dagId, runId, taskId, mapIndex: -1 };
          const dates = { startDate: at(began), endDate: at(ended) };
          const set = { state, tryNumber, maxTries: 1, ...dates };
          expect(await metadata.taskInstances.update({ key, from: [null], set })).toBeDefined();
        }
        if (!isOver) continue;
        all.push({
          ...{ dagId, runId, taskId, displayName: taskId, operator: tasks[place]?.operator ?? "" },
          ...{
            runAfter: due,
            logicalDate: null,
            pool: taskId === "report" ? "db" : "default_pool",
          },
          ...{ group: null, versionNumber: 2, state: state ?? "", mapIndex: -1, label: "-1" },
          startDate: state === null ? null : began,
          endDate: state === null ? null : ended,
          duration: state === null ? null : ended - began,
          updatedAt: state === null ? due : Math.max(due, ended),
          tryNumber: state === null ? 0 : tryNumber,
        });
      }
      if (!isOver) continue;
      const set = { state: "success", endDate: at(due + 9 * MINUTE) } as const;
      await metadata.runs.update({ dagId, runId, from: ["running"], set });
    }
  }
  return all;
}

const idOf = ({ dagId, runId, taskId, mapIndex }: Facts) =>
  JSON.stringify([dagId, runId, taskId, mapIndex]);

const moments = fc.integer({ min: -1, max: 15 }).map((minutes) => START + minutes * MINUTE);
const conditions: fc.Arbitrary<Condition<InstanceField>> = fc.oneof(
  fc
    .constantFrom("startDate" as const, "endDate" as const, "runAfter" as const)
    .chain((field) =>
      fc
        .record({ from: moments, to: moments, orAbsent: fc.boolean() }, { requiredKeys: [] })
        .map((range) => ({ kind: "range" as const, field, ...range })),
    ),
  fc.constantFrom<Condition<InstanceField>>(
    { kind: "in", field: "state", values: ["failed", ""] },
    { kind: "in", field: "taskId", values: ["load"] },
    { kind: "in", field: "dagId", values: ["etl"] },
    { kind: "in", field: "runId", values: ["run_1", "run_7"] },
    { kind: "in", field: "tryNumber", values: [2] },
    { kind: "in", field: "versionNumber", values: [1] },
    { kind: "like", field: "dagId", patterns: ["%ALE%"] },
    { kind: "like", field: "runId", patterns: ["%_1_%"] },
    { kind: "starts", field: "operator", prefixes: ["ba"] },
    { kind: "range", field: "duration", from: MINUTE },
  ),
);
const ORDERS: readonly InstanceField[] = [
  ...(["runAfter", "startDate", "endDate", "duration", "state", "tryNumber", "mapIndex"] as const),
  ...(["updatedAt", "taskId", "operator"] as const),
];

/** Part of metadataContract. */
export function instanceListingContract(create: () => Promise<Metadata>): void {
  async function filled() {
    const metadata = await create();
    const items = await fill(metadata);
    const read = (facts: Facts, field: InstanceField) => facts[field];
    const oracle: Oracle<Facts, InstanceField> = { items, read, idOf };
    const byId = new Map(items.map((facts) => [idOf(facts), facts]));
    const find = async (listing: Parameters<Metadata["taskInstances"]["find"]>[0]) => {
      const found = await metadata.taskInstances.find(listing);
      if (!found) return undefined;
      const facts = found.items.map((key) => byId.get(JSON.stringify(Object.values(key))));
      return { ...found, items: facts.filter((each) => each !== undefined) };
    };
    return { metadata, oracle, find };
  }

  describe("listings of task instances", () => {
    test("those of ended runs are answered as by reading all of them, or not at all", async () => {
      const { oracle, find } = await filled();
      const order = [{ field: "runAfter", isDescending: true }] as const;
      const first = await find({ conditions: [], order, limit: 10 });
      if (!first) return;
      const known = async (listing: Parameters<typeof find>[0]) =>
        (await find(listing)) ?? expect.fail("The store has no index any more");
      for (const field of ORDERS) {
        for (const isDescending of [false, true]) {
          const by = [{ field, isDescending }];
          await expectPage(known, oracle, { conditions: [], order: by, limit: 30, offset: 7 });
        }
      }
      const listings = fc.record({
        conditions: fc.array(conditions, { maxLength: 3 }),
        order: fc
          .record({ field: fc.constantFrom(...ORDERS), isDescending: fc.boolean() })
          .map((by) => [by]),
        limit: fc.constantFrom(1, 10, 100),
        offset: fc.constantFrom(0, 5, 40),
      });
      const isSame = fc.asyncProperty(listings, (listing) => expectPage(known, oracle, listing));
      await fc.assert(isSame, { numRuns: 60 });
    });

    test("a run that goes on again is left out, and what changed in an ended one shows", async () => {
      const { metadata, find } = await filled();
      const listing = {
        conditions: [{ kind: "in", field: "runId", values: ["run_1"] }],
        order: [{ field: "taskId", isDescending: false }],
        limit: 10,
        isCounted: true,
      } as const;
      if (!(await find(listing))) return;
      const key = { dagId: "etl", runId: "run_1", taskId: "load", mapIndex: -1 };
      const from = ["success", "failed", null] as const;
      await metadata.taskInstances.update({ key, from, set: { state: "skipped" } });
      const skipped = { kind: "in", field: "state", values: ["skipped"] } as const;
      const changed = await find({ ...listing, conditions: [...listing.conditions, skipped] });
      expect(changed?.total?.count).toBe(1);
      await metadata.runs.update({
        ...{ dagId: "etl", runId: "run_1" },
        from: ["success"],
        set: { state: "queued" },
      });
      expect((await find(listing))?.total?.count).toBe(TASKS.length);
      await metadata.runs.delete("sales", "run_1");
      expect((await find(listing))?.total?.count).toBe(0);
      await metadata.dags.delete("sales");
      const ofSales = { kind: "in", field: "dagId", values: ["sales"] } as const;
      expect((await find({ ...listing, conditions: [ofSales] }))?.total?.count).toBe(0);
    });
  });
}
