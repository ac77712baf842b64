// The contract of the task logs: every adapter runs it and passes it whole.
import { describe, expect, test } from "vitest";
import type { LogEntry } from "../../src/model/records.ts";
import type { TaskLogs, TryKey } from "../../src/ports/task-logs.ts";
import { logEntry, TRICKY_TEXT, taskKey } from "./records.ts";

const TRY: TryKey = { ...taskKey(), tryNumber: 1 };

/** Reads until nothing more comes. */
async function readAll(logs: TaskLogs, key: TryKey): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let after: string | undefined; ; ) {
    const chunk = await logs.read(key, after);
    if (chunk.entries.length === 0) return entries;
    entries.push(...chunk.entries);
    after = chunk.next;
  }
}

/** `create` gives an empty store to each test. */
export function taskLogsContract(name: string, create: () => Promise<TaskLogs>): void {
  describe(`task logs: ${name}`, () => {
    test("lines are read back in their order, by try", async () => {
      const logs = await create();
      await logs.append(TRY, [logEntry("a"), logEntry("b")]);
      await logs.append(TRY, []);
      await logs.append({ ...TRY, tryNumber: 2 }, [logEntry("second try")]);
      await logs.append({ ...TRY, mapIndex: 0 }, [logEntry("mapped")]);
      await logs.append(TRY, [{ ...logEntry(TRICKY_TEXT), level: "error", logger: "task" }]);
      expect(await readAll(logs, TRY)).toEqual([
        logEntry("a"),
        logEntry("b"),
        { ...logEntry(TRICKY_TEXT), level: "error", logger: "task" },
      ]);
      expect(await readAll(logs, { ...TRY, tryNumber: 2 })).toEqual([logEntry("second try")]);
      expect(await readAll(logs, { ...TRY, mapIndex: 0 })).toEqual([logEntry("mapped")]);
    });

    test("a log that nothing was written to is empty, and can be read on when it begins", async () => {
      const logs = await create();
      const { entries, next } = await logs.read(TRY);
      expect(entries).toEqual([]);
      await logs.append(TRY, [logEntry("a")]);
      expect((await logs.read(TRY, next)).entries).toEqual([logEntry("a")]);
    });

    test("reading on gives what came since, and only that", async () => {
      const logs = await create();
      await logs.append(TRY, [logEntry("a")]);
      const first = await logs.read(TRY);
      const second = await logs.read(TRY, first.next);
      expect(second.entries).toEqual([]);
      await logs.append(TRY, [logEntry("b")]);
      expect((await logs.read(TRY, second.next)).entries).toEqual([logEntry("b")]);
    });

    test("a long log comes in chunks of about 1 MiB without losing or splitting a line", async () => {
      const logs = await create();
      const entries = Array.from({ length: 4_000 }, (_, i) => logEntry(`${i} ${"ü💾".repeat(99)}`));
      await logs.append(TRY, entries);
      const first = await logs.read(TRY);
      const bytes = Buffer.byteLength(JSON.stringify(first.entries));
      expect(bytes).toBeLessThan(1_100_000);
      expect(bytes).toBeGreaterThan(500_000);
      expect(await readAll(logs, TRY)).toEqual(entries);
    });

    test("the last lines come whole, and are read on from", async () => {
      const logs = await create();
      expect((await logs.readLast(TRY, 1_000)).entries).toEqual([]);
      const entries = Array.from({ length: 500 }, (_, i) => logEntry(`${i} ${"ü💾".repeat(9)}`));
      for (let start = 0; start < entries.length; start += 10) {
        await logs.append(TRY, entries.slice(start, start + 10));
      }
      const last = await logs.readLast(TRY, 20_000);
      expect(last.entries.length).toBeGreaterThan(10);
      expect(last.entries.length).toBeLessThan(400);
      expect(last.entries).toEqual(entries.slice(-last.entries.length));
      expect((await logs.read(TRY, last.next)).entries).toEqual([]);
      const long = logEntry("x".repeat(100_000));
      await logs.append(TRY, [long]);
      expect((await logs.read(TRY, last.next)).entries).toEqual([long]);
      expect((await logs.readLast(TRY, 10)).entries.at(-1)).toEqual(long);
      expect((await logs.readLast(TRY, 100_000_000)).entries).toEqual([...entries, long]);
    });

    test("a line of 10 MB comes whole, as do its neighbours", async () => {
      const logs = await create();
      const events = ["a", "x".repeat(10_000_000), "b"];
      await logs.append(TRY, events.map(logEntry));
      const read = (await readAll(logs, TRY)).map(({ event }) => event);
      expect(read.map((event) => event.length)).toEqual(events.map((event) => event.length));
      expect(read.every((event, i) => event === events[i])).toBe(true);
    });

    test("ids of any characters are kept apart", async () => {
      const logs = await create();
      const ids = [TRICKY_TEXT, "..", "a/b", "a%2Fb", "a b", "2026-01-01T00:00:00+00:00"];
      const keys = ids.flatMap((id) => [
        { ...TRY, runId: id },
        { ...TRY, taskId: id },
      ]);
      for (const key of keys) await logs.append(key, [logEntry(`${key.runId} ${key.taskId}`)]);
      for (const key of keys) {
        expect(await readAll(logs, key)).toEqual([logEntry(`${key.runId} ${key.taskId}`)]);
      }
    });

    test("a place in a log that no chunk gave out is refused", async () => {
      const logs = await create();
      await expect(logs.read(TRY, "nonsense")).rejects.toThrow('"nonsense"');
    });

    test("deleting a run removes its logs and leaves those of others", async () => {
      const logs = await create();
      const other = { ...TRY, runId: `${TRY.runId}2` };
      await logs.append(TRY, [logEntry("gone")]);
      await logs.append(other, [logEntry("kept")]);
      await logs.deleteRun(TRY.dagId, TRY.runId);
      await logs.deleteRun(TRY.dagId, TRY.runId);
      expect(await readAll(logs, TRY)).toEqual([]);
      expect(await readAll(logs, other)).toEqual([logEntry("kept")]);
    });

    test("deleting a DAG removes its logs and leaves those of others", async () => {
      const logs = await create();
      const other = { ...TRY, dagId: "etl2" };
      await logs.append(TRY, [logEntry("gone")]);
      await logs.append(other, [logEntry("kept")]);
      await logs.deleteDag("etl");
      await logs.deleteDag("etl");
      expect(await readAll(logs, TRY)).toEqual([]);
      expect(await readAll(logs, other)).toEqual([logEntry("kept")]);
    });
  });
}
