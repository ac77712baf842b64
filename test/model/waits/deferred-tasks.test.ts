// Tasks that wait for something: who may, when that is looked at, and what messages do meanwhile.
import { expect, test } from "vitest";
import type { TaskInstanceRecord } from "../../../src/model/records.ts";
import { findLostMessage } from "../../../src/model/scheduling/deferrals.ts";
import { followTrigger } from "../../../src/model/scheduling/sensors.ts";
import { toIso } from "../../../src/model/values/time.ts";
import { findTimeout, firstLookAt, mayWaitFor } from "../../../src/model/waits/deferred-tasks.ts";

const NOW = Date.UTC(2026, 0, 31);
const LIMIT = 900;
const at = (seconds: number) => NOW + seconds * 1_000;
const iso = (seconds: number) => toIso(at(seconds));
const SENSOR = { pokeInterval: 60, timeout: 3_600, softFail: false, exponentialBackoff: false };

function waiting(changes: Partial<TaskInstanceRecord> = {}): TaskInstanceRecord {
  return {
    dagId: "d",
    runId: "r",
    taskId: "s",
    mapIndex: -1,
    state: "deferred",
    tryNumber: 1,
    maxTries: 0,
    tries: [],
    pokes: 2,
    wait: { kind: "moment", at: iso(30) },
    ...changes,
  };
}

test("a task waits for what its operator is for, and for nothing else", () => {
  const moment = { kind: "moment", at: iso(1) } as const;
  expect(mayWaitFor({ operator: "timeSensor" }, moment)).toBe(true);
  expect(mayWaitFor({ operator: "@task" }, moment)).toBe(false);
});

test("a sensor looks at its moment, or when its time is over if that is earlier", () => {
  const wait = { kind: "moment", at: iso(7_200) } as const;
  expect(firstLookAt({}, {}, { wait, now: NOW })).toBe(at(7_200));
  const begun = { firstPokeAt: iso(-600) };
  expect(firstLookAt({ sensor: SENSOR }, begun, { wait, now: NOW })).toBe(at(3_000));
  expect(findTimeout({ sensor: SENSOR }, begun, at(2_999))).toBeUndefined();
  expect(findTimeout({ sensor: SENSOR }, begun, at(3_000))).toBe(
    "Sensor has timed out; run duration of 3600 seconds exceeds the specified timeout of 3600.",
  );
  expect(findTimeout({}, begun, at(9_999_999))).toBeUndefined();
});

test("a message has a task looked at that is due, and looks after that where functions may die", () => {
  const due = waiting({ wakeAt: iso(0) });
  expect(followTrigger({ pokes: 2 }, due, { now: NOW, limit: undefined })).toEqual({ call: true });
  expect(followTrigger({ pokes: 2 }, due, { now: NOW, limit: LIMIT })).toEqual({
    leave: { pokes: 2, dueAt: at(LIMIT) },
    call: true,
  });
});

test("a task that is woken before its moment is looked at, twice at most", () => {
  for (const wakeAt of [undefined, iso(86_400)]) {
    const known = waiting(wakeAt === undefined ? {} : { wakeAt });
    const follow = (looks: number) =>
      followTrigger({ pokes: 2, looks }, known, { now: NOW, limit: LIMIT });
    expect(follow(0)).toEqual({ leave: { pokes: 2, dueAt: at(LIMIT) }, call: true });
    expect(follow(1)).toEqual({ call: true });
    expect(follow(2)).toEqual({ call: false });
  }
});

test("a message for an earlier look does nothing", () => {
  for (const limit of [undefined, LIMIT]) {
    const known = waiting({ pokes: 4, wakeAt: iso(0) });
    expect(followTrigger({ pokes: 2 }, known, { now: NOW, limit })).toEqual({ call: false });
  }
});

test("a task has lost its message when its moment is long over, never while it waits to be woken", () => {
  const held = { token: "abc", heldAt: iso(-86_400) };
  const find = (known: TaskInstanceRecord) => findLostMessage(known, { now: NOW, limit: LIMIT });
  expect(find(waiting({ ...held, wakeAt: iso(-301) }))).toMatchObject({ pokes: 2, dueAt: NOW });
  expect(find(waiting({ ...held, wakeAt: iso(-299) }))).toBeUndefined();
  expect(find(waiting(held))).toBeUndefined();
});
