// When sensors are poked, when their time is over, and what becomes of a message of the triggerer.
import { describe, expect, test } from "vitest";
import type { SensorDocument } from "../../../src/model/document.ts";
import type { TaskInstanceRecord } from "../../../src/model/records.ts";
import { decideWait, followTrigger } from "../../../src/model/scheduling/sensors.ts";
import { toIso } from "../../../src/model/values/time.ts";

const SENSOR: SensorDocument = {
  pokeInterval: 60,
  timeout: 3_600,
  softFail: false,
  exponentialBackoff: false,
};
const NOW = Date.UTC(2026, 0, 31);

/** Seconds to the next poke, or "timeout", so many seconds after the first. */
function waitAfter(seconds: number, options: Partial<SensorDocument> = {}) {
  const firstPokeAt = NOW - seconds * 1_000;
  const wait = decideWait({ ...SENSOR, ...options }, { firstPokeAt, now: NOW });
  return "timedOut" in wait ? "timeout" : (wait.nextAt - NOW) / 1_000;
}

test("a sensor waits for its interval until its time is over, to the millisecond", () => {
  expect([0, 59, 3_599.999, 3_600].map((seconds) => waitAfter(seconds))).toEqual([60, 60, 60, 60]);
  expect(waitAfter(3_600.001)).toBe("timeout");
  expect(waitAfter(0.5, { timeout: 0 })).toBe("timeout");
});

test("a growing interval follows from the time that has passed, and ends at maxWait and at the timeout", () => {
  const grows = { exponentialBackoff: true };
  const waits = [0, 29, 30, 89, 90, 209.5, 210, 3_000].map((seconds) => waitAfter(seconds, grows));
  expect(waits).toEqual([30, 30, 60, 60, 120, 120, 240, 600]);
  expect(waitAfter(210, { ...grows, maxWait: 90 })).toBe(90);
  // Airflow: at least a second, whatever the interval.
  expect(waitAfter(0, { ...grows, pokeInterval: 0 })).toBe(1);
  expect(waitAfter(0, { ...grows, pokeInterval: 1 })).toBe(1);
});

describe("a message for the poke after two", () => {
  const LIMIT = 900;
  const at = (seconds: number) => NOW + seconds * 1_000;
  const iso = (seconds: number) => toIso(at(seconds));

  function follow(record: Partial<TaskInstanceRecord> | undefined, limit: number | undefined) {
    const key = { dagId: "d", runId: "r", taskId: "s", mapIndex: -1 };
    const known = record && {
      ...key,
      state: null,
      tryNumber: 1,
      maxTries: 0,
      tries: [],
      ...record,
    };
    return followTrigger({ pokes: 2 }, known, { now: NOW, limit });
  }
  const waiting = (pokes: number, seconds: number): Partial<TaskInstanceRecord> => ({
    state: "up_for_reschedule",
    pokes,
    rescheduleDate: iso(seconds),
  });
  const poking = (pokes: number, since: number): Partial<TaskInstanceRecord> => ({
    state: "running",
    pokes,
    pokedAt: iso(-since),
  });

  test("calls the worker when the instance is due, and looks after the call where a worker may die unnoticed", () => {
    expect(follow(waiting(2, 0), undefined)).toEqual({ call: true });
    const leave = { pokes: 2, dueAt: at(LIMIT) };
    expect(follow(waiting(2, 0), LIMIT)).toEqual({ leave, call: true });
    const retry = { state: "up_for_retry", pokes: 2, nextRetryAt: iso(-5) } as const;
    expect(follow(retry, LIMIT)).toEqual({ leave, call: true });
  });

  test("waits on when it comes early", () => {
    for (const limit of [undefined, LIMIT]) {
      const leave = { pokes: 2, dueAt: at(30) };
      expect(follow(waiting(2, 30), limit)).toEqual({ leave, call: false });
    }
  });

  test("does nothing when the poke has been followed, or was never waited for", () => {
    for (const limit of [undefined, LIMIT]) {
      expect(follow(waiting(4, 0), limit)).toEqual({ call: false });
      expect(follow(waiting(1, 0), limit)).toEqual({ call: false });
      expect(follow(poking(2, 5), limit)).toEqual({ call: false });
      expect(follow(poking(4, 5_000), limit)).toEqual({ call: false });
      expect(follow({ state: "success", pokes: 4 }, limit)).toEqual({ call: false });
      expect(follow(undefined, limit)).toEqual({ call: false });
    }
  });

  test("counts a poke as lost only when its worker must be over", () => {
    const leave = { pokes: 2, dueAt: at(LIMIT - 100) };
    expect(follow(poking(3, 100), LIMIT)).toEqual({ leave, call: false });
    expect(follow(poking(3, LIMIT), LIMIT)).toMatchObject({ call: true });
    expect(follow(poking(3, 100), undefined)).toEqual({ call: true });
  });

  test("leaves the next message when that is overdue, since its sender may have died before", () => {
    const leave = { pokes: 2, dueAt: at(3_000 + LIMIT) };
    expect(follow(waiting(3, 3_000), LIMIT)).toEqual({ leave, call: false });
    expect(follow(waiting(3, -LIMIT), LIMIT)).toEqual({
      leave: { pokes: 3, dueAt: NOW },
      call: false,
    });
    expect(follow(waiting(3, -LIMIT), undefined)).toEqual({ call: false });
  });

  test("has an end spread once more", () => {
    for (const pokes of [2, 3]) {
      expect(follow({ state: "failed", pokes }, LIMIT)).toEqual({ call: true });
    }
  });
});
