// What the metadata port promises about listings of the event log as data.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Condition } from "../../../src/model/listings/conditions.ts";
import {
  EVENT_LOG_FIELDS,
  type EventLogField,
} from "../../../src/model/listings/event-log-fields.ts";
import { type EventLogRecord, eventLogId } from "../../../src/model/upkeep/event-log.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { createRandom } from "../../reference/random-dags.ts";
import { expectPage, type Oracle } from "./listing-oracle.ts";

const START = Date.UTC(2026, 0, 1);
const EVENTS = ["trigger_dag_run", "patch_dag", "post_variable"];

function someEntries(count: number): readonly EventLogRecord[] {
  const random = createRandom(3);
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T;
  return Array.from({ length: count }, (_, index) => {
    const moment = START + index * 1_000;
    const dagId = pick(["etl", "sales", undefined]);
    const owner = pick(["ann", "Bob", undefined]);
    return {
      id: eventLogId(moment, 0),
      when: new Date(moment).toISOString(),
      event: pick(EVENTS),
      ...(dagId === undefined ? {} : { dagId, runId: `run_${index % 4}` }),
      ...(owner === undefined ? {} : { owner }),
      ...(index % 3 === 0 ? { taskId: "load", mapIndex: index % 2, tryNumber: 1 } : {}),
      ...(index % 5 === 0 ? { extra: JSON.stringify({ index }) } : {}),
    };
  });
}

const conditions = fc.constantFrom<Condition<EventLogField>>(
  { kind: "in", field: "event", values: ["patch_dag"] },
  { kind: "in", field: "event", values: ["patch_dag", "post_variable"], isExcluded: true },
  { kind: "in", field: "dagId", values: ["etl"] },
  { kind: "in", field: "dagId", values: ["sales", null] },
  { kind: "in", field: "mapIndex", values: [1] },
  { kind: "like", field: "owner", patterns: ["%B%"] },
  { kind: "starts", field: "runId", prefixes: ["run_2"] },
  { kind: "range", field: "id", from: eventLogId(START + 20_000, 0) },
  { kind: "range", field: "id", to: eventLogId(START + 40_000, 0) },
  { kind: "range", field: "taskId" },
);
const ORDERS: readonly EventLogField[] = ["id", "event", "dagId", "runId", "owner", "extra"];

/** Part of metadataContract. */
export function eventLogListingContract(create: () => Promise<Metadata>, queries: number): void {
  describe("listings of the event log", () => {
    test("they are answered as by reading all entries", async () => {
      const { eventLogs } = await create();
      const items = someEntries(70);
      for (const entry of items) expect(await eventLogs.add(entry)).toBe(true);
      const oracle: Oracle<EventLogRecord, EventLogField> = {
        items,
        read: (entry, field) => EVENT_LOG_FIELDS[field](entry),
        idOf: ({ id }) => String(id),
      };
      for (const field of ORDERS) {
        for (const isDescending of [false, true]) {
          const order = [{ field, isDescending }];
          await expectPage(eventLogs.find, oracle, { conditions: [], order, limit: 25, offset: 9 });
        }
      }
      const listings = fc.record({
        conditions: fc.array(conditions, { maxLength: 3 }),
        order: fc
          .record({ field: fc.constantFrom(...ORDERS), isDescending: fc.boolean() })
          .map((by) => [by]),
        limit: fc.constantFrom(1, 10, 100),
        offset: fc.constantFrom(0, 3, 30),
      });
      const isSame = fc.asyncProperty(listings, (listing) =>
        expectPage(eventLogs.find, oracle, listing),
      );
      await fc.assert(isSame, { numRuns: queries });
    });
  });
}
