// The live tree of `dags test`: its lines, and how they are redrawn.
import { expect, test } from "vitest";
import { createPaint } from "../../../src/cli/terminal/paint.ts";
import { treeLines } from "../../../src/cli/terminal/run-tree.ts";
import { createScreen } from "../../../src/cli/terminal/screen.ts";
import type { TaskInstanceRecord } from "../../../src/model/records.ts";
import { dagDocument, taskDocument } from "../../model/documents.ts";
import { captureTerminal } from "../captured-terminal.ts";

const NOW = Date.UTC(2026, 0, 31, 12);
const document = dagDocument({
  groups: [{ groupId: "loads" }, { groupId: "loads.deep", parentId: "loads" }],
  tasks: [
    taskDocument("start"),
    taskDocument("loads.orders", { upstream: ["start"], groupId: "loads", retries: 2 }),
    taskDocument("end", { upstream: ["loads.deep.rest"] }),
    taskDocument("loads.deep.rest", { upstream: ["loads.orders"], groupId: "loads.deep" }),
  ],
});

function record(taskId: string, given: Partial<TaskInstanceRecord>): [string, TaskInstanceRecord] {
  const base = { dagId: "example", runId: "r", taskId, mapIndex: -1, tries: [] };
  return [taskId, { ...base, state: null, tryNumber: 1, maxTries: 0, ...given }];
}

function iso(secondsAgo: number): string {
  return new Date(NOW - secondsAgo * 1_000).toISOString();
}

const records = new Map([
  record("start", { state: "success", startDate: iso(10), endDate: iso(7.9) }),
  record("loads.orders", {
    state: "up_for_retry",
    maxTries: 2,
    startDate: iso(7),
    endDate: iso(6),
    nextRetryAt: iso(-272),
    message: "TypeError: no orders\nat x",
  }),
]);
const picture = { document, records, now: NOW, paint: createPaint(false) };

test("groups are branches, tasks stand in the order of their edges", () => {
  expect(treeLines(picture, 0)).toEqual([
    "├─ ✓ start  success  2.1 s",
    "├─ loads",
    "│ ├─ ↻ loads.orders  up_for_retry  again in 4:32  try 1 of 3  TypeError: no orders",
    "│ └─ loads.deep",
    "│   └─ ○ loads.deep.rest",
    "└─ ○ end",
  ]);
});

test("a task that waits shows what for, whether it has a state or not", () => {
  const message = "Waits for the same task of the run before, which failed\nand more";
  const waiting = new Map([
    record("start", { tryNumber: 0, message }),
    record("loads.orders", { state: "scheduled", tryNumber: 0, message: "Waits for a worker" }),
  ]);
  const lines = treeLines({ ...picture, records: waiting }, 0);
  expect(lines[0]).toBe("├─ ○ start  Waits for the same task of the run before, which failed");
  expect(lines[2]).toBe("│ ├─ ○ loads.orders  scheduled  Waits for a worker");
});

test("a task that runs shows the time it has taken so far", () => {
  const running = new Map([record("start", { state: "running", startDate: iso(65) })]);
  expect(treeLines({ ...picture, records: running }, 0)[0]).toBe("├─ ● start  running  1 min 5 s");
});

test("a sensor that waits shows when it is poked again, also where there is no room for all", () => {
  const waiting = new Map([
    record("start", {
      state: "up_for_reschedule",
      startDate: iso(65),
      endDate: iso(5),
      pokes: 2,
      rescheduleDate: iso(-55),
    }),
  ]);
  const line = "start  up_for_reschedule  again in 0:55  poke 2";
  expect(treeLines({ ...picture, records: waiting }, 0)[0]).toBe(`├─ ◷ ${line}`);
  expect(treeLines({ ...picture, records: waiting }, 2)[0]).toBe(`└─ ◷ ${line}`);
});

test("a tree that is too tall shows what matters and counts the rest", () => {
  expect(treeLines(picture, 4)).toEqual([
    "└─ ↻ loads.orders  up_for_retry  again in 4:32  try 1 of 3  TypeError: no orders",
    "4 tasks: 1 success, 1 up_for_retry, 2 no status",
  ]);
});

test("the block is redrawn in place, below what is printed", () => {
  const terminal = captureTerminal({ isScreen: true });
  const screen = createScreen(terminal);
  screen.draw(["one", "two"]);
  screen.print("log\n");
  screen.draw(["one", "two"]);
  screen.draw(["three"]);
  expect(terminal.written.out.split("\u001b[2A\u001b[0J")).toEqual([
    "one\ntwo\n",
    "log\none\ntwo\n",
    "three\n",
  ]);
});

test("where nothing can be redrawn, only what is printed appears", () => {
  const terminal = captureTerminal();
  const screen = createScreen(terminal);
  screen.draw(["one"]);
  screen.print("log\n");
  expect(terminal.written.out).toBe("log\n");
});
