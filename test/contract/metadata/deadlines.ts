// What the metadata port promises about deadlines of runs.
import { describe, expect, test } from "vitest";
import type { OpenDeadlineRecord } from "../../../src/model/deadlines/records.ts";
import { deadlineKey, deadlinePrefix } from "../../../src/model/ids.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { behind } from "../../../src/ports/pages.ts";
import { dagRun, januaryDay } from "../records.ts";

function open(fields: Partial<OpenDeadlineRecord> = {}): OpenDeadlineRecord {
  return {
    dagId: "etl",
    runId: "manual__1",
    alert: 0,
    deadlineTime: januaryDay(1),
    writtenAt: januaryDay(1),
    ...fields,
  };
}

/** Part of metadataContract. */
export function deadlineContract(create: () => Promise<Metadata>): void {
  describe("deadlines", () => {
    test("a change that asks for deadlines is refused when the run has others", async () => {
      const { runs } = await create();
      const { dagId, runId, versionHash } = dagRun();
      const due = { alert: 0, deadlineTime: januaryDay(2), versionHash };
      await runs.create(dagRun({ deadlines: [due] }));
      const missed = { ...due, isMissed: true } as const;
      const change = { dagId, runId, from: ["queued"] } as const;
      for (const deadlines of [[], [missed]]) {
        const set = { deadlines: [missed] };
        expect(await runs.update({ ...change, deadlines, set })).toBeUndefined();
        const ended = { ...set, state: "failed" } as const;
        expect(await runs.update({ ...change, deadlines, set: ended })).toBeUndefined();
      }
      const known = { ...change, deadlines: [due], set: { deadlines: [missed] } };
      expect(await runs.update(known)).toMatchObject({ deadlines: [missed] });
      const set = { deadlines: undefined, state: "failed" } as const;
      const ended = await runs.update({ ...change, deadlines: [missed], set });
      expect(ended).toStrictEqual(dagRun({ state: "failed" }));
      const empty = { ...change, from: ["failed"], deadlines: [], set: { note: "none" } } as const;
      expect(await runs.update(empty)).toMatchObject({ note: "none" });
    });

    test("open deadlines of a DAG are listed in the order of time", async () => {
      const { openDeadlines } = await create();
      const records = [
        open({ deadlineTime: januaryDay(3) }),
        open({ deadlineTime: januaryDay(1), runId: "z" }),
        open({ dagId: "etl.more" }),
        open({ dagId: "etl2" }),
        open({ deadlineTime: januaryDay(2), alert: 1 }),
      ];
      for (const each of records) await openDeadlines.put(each);
      const list = { prefix: deadlinePrefix("etl") };
      const { items } = await openDeadlines.list(list);
      expect(items.map(({ deadlineTime }) => deadlineTime)).toEqual([1, 2, 3].map(januaryDay));
      expect(items[0]).toMatchObject(open({ runId: "z" }));
      await openDeadlines.delete(deadlineKey(open({ runId: "z" })));
      const [first] = (await openDeadlines.list({ ...list, limit: 1 })).items;
      expect(first).toMatchObject({ alert: 1 });
    });

    test("the first deadline of each DAG is found without those behind it", async () => {
      const { openDeadlines } = await create();
      for (const dagId of ["a", "b"]) {
        for (const day of [1, 2, 3]) {
          await openDeadlines.put(open({ dagId, deadlineTime: januaryDay(day) }));
        }
      }
      const after = behind(`${deadlinePrefix("a")}\u{10ffff}`);
      const { items } = await openDeadlines.list({ limit: 1, after });
      expect(items).toMatchObject([{ dagId: "b", deadlineTime: januaryDay(1) }]);
      const behindAll = behind(`${deadlinePrefix("b")}\u{10ffff}`);
      expect((await openDeadlines.list({ limit: 1, after: behindAll })).items).toEqual([]);
    });
  });
}
