// What the metadata port promises about the event log.
import { describe, expect, test } from "vitest";
import { type EventLogRecord, eventLogId } from "../../../src/model/upkeep/event-log.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { itemsOf } from "../../../src/ports/pages.ts";
import { TRICKY_TEXT } from "../records.ts";

/** The entry of a minute. */
function entry(minute: number, changes: Partial<EventLogRecord> = {}): EventLogRecord {
  const moment = Date.UTC(2026, 0, 1, 0, minute);
  const when = new Date(moment).toISOString();
  return { id: eventLogId(moment, 7), when, event: "trigger_dag_run", ...changes };
}

/** Part of metadataContract. */
export function eventLogContract(create: () => Promise<Metadata>): void {
  describe("the event log", () => {
    test("an entry is added once, whole, amended, and deleted", async () => {
      const { eventLogs } = await create();
      const whole = entry(1, {
        dagId: "a#%",
        runId: TRICKY_TEXT,
        taskId: "t",
        mapIndex: -1,
        tryNumber: 2,
        logicalDate: "2026-01-01T00:00:00.000Z",
        owner: "ann",
        extra: JSON.stringify({ text: TRICKY_TEXT }),
      });
      expect(await eventLogs.add(whole)).toBe(true);
      expect(await eventLogs.add(whole)).toBe(false);
      expect(await eventLogs.get(whole.id)).toStrictEqual(whole);
      const amended = { ...whole, extra: "{}" };
      await eventLogs.amend(amended);
      expect(await eventLogs.get(whole.id)).toStrictEqual(amended);
      const bare = entry(2);
      await eventLogs.add(bare);
      expect(await eventLogs.get(bare.id)).toStrictEqual(bare);
      await eventLogs.delete([whole, bare]);
      await eventLogs.delete([whole]);
      expect(await eventLogs.get(whole.id)).toBeUndefined();
      expect(await eventLogs.count({})).toBe(0);
    });

    test("entries are listed and counted by time, of one DAG or of all, page by page", async () => {
      const { eventLogs } = await create();
      for (const minute of [3, 1, 2]) await eventLogs.add(entry(minute, { dagId: "a" }));
      await eventLogs.add(entry(4, { dagId: "b" }));
      await eventLogs.add(entry(5));
      const minutesOf = async (listing: Parameters<typeof eventLogs.list>[0]) => {
        const minutes: number[] = [];
        for await (const { when } of itemsOf((page) =>
          eventLogs.list({ ...listing, ...page, limit: 2 }),
        )) {
          minutes.push(new Date(when).getUTCMinutes());
        }
        return minutes;
      };
      expect(await minutesOf({})).toEqual([5, 4, 3, 2, 1]);
      expect(await minutesOf({ oldestFirst: true })).toEqual([1, 2, 3, 4, 5]);
      expect(await minutesOf({ dagId: "a" })).toEqual([3, 2, 1]);
      expect(await minutesOf({ dagId: "a", oldestFirst: true })).toEqual([1, 2, 3]);
      const whens = { from: entry(2).when, to: entry(4).when };
      expect(await minutesOf({ whens })).toEqual([4, 3, 2]);
      expect(await minutesOf({ whens, dagId: "a", oldestFirst: true })).toEqual([2, 3]);
      expect(await eventLogs.count({})).toBe(5);
      expect(await eventLogs.count({ dagId: "a" })).toBe(3);
      expect(await eventLogs.count({ whens })).toBe(3);
      expect(await eventLogs.count({ dagId: "none" })).toBe(0);
    });
  });
}
