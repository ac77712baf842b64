// Logs of tries that run apart: no line is lost, each is sent once and in order, and the last ones
// are left for the try's end.
import { expect, test } from "vitest";
import type { LogEntry } from "../../../src/model/records.ts";
import { createSentLogs } from "../../../src/workers/apart/sent-logs.ts";

const KEY = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1, tryNumber: 1 };
const line = (event: string): LogEntry => ({
  timestamp: "2026-01-01T00:00:00.000Z",
  level: "info",
  event,
  logger: "task",
});

function start({ fails = false } = {}) {
  const sent: (readonly [string, readonly string[]])[] = [];
  const lost: unknown[] = [];
  const logs = createSentLogs({
    api: {
      async append(capability, entries) {
        await new Promise((resolve) => setImmediate(resolve));
        if (fails) throw new Error("no answer");
        sent.push([capability, entries.map(({ event }) => event)]);
      },
    },
    onLost: (problem) => lost.push(problem),
  });
  return { logs, sent, lost };
}

test("lines that come just before the end go with the end", async () => {
  const { logs, sent } = start();
  logs.open(KEY, "cap");
  await logs.append(KEY, [line("a"), line("b")]);
  expect((await logs.close(KEY)).map(({ event }) => event)).toEqual(["a", "b"]);
  await logs.settled();
  expect(sent).toEqual([]);
});

test("lines of a try that goes on are sent together, with its capability", async () => {
  const { logs, sent } = start();
  logs.open(KEY, "cap");
  await logs.append(KEY, [line("a")]);
  await logs.append(KEY, [line("b")]);
  await expect.poll(() => sent).toEqual([["cap", ["a", "b"]]]);
  await logs.append(KEY, [line("c")]);
  expect((await logs.close(KEY)).map(({ event }) => event)).toEqual(["c"]);
});

test("lines that come after the end are sent all the same", async () => {
  const { logs, sent } = start();
  logs.open(KEY, "cap");
  await logs.close(KEY);
  await logs.append(KEY, [line("late")]);
  await logs.settled();
  expect(sent).toEqual([["cap", ["late"]]]);
});

test("lines that can't be sent are reported, and harm nothing", async () => {
  const { logs, lost } = start({ fails: true });
  logs.open(KEY, "cap");
  await logs.append(KEY, [line("a")]);
  await logs.settled();
  expect(lost).toEqual([new Error("no answer")]);
  expect(await logs.close(KEY)).toEqual([]);
});
