import { expect, test, vi } from "vitest";
import { dateTimeSensor, timeDeltaSensor, timeSensor } from "../../src/operators/index.ts";
import { Dag } from "../../src/sdk/index.ts";
import { runTask } from "../runtime/running.ts";

type Changes = Parameters<typeof runTask>[2];
type Work = ReturnType<typeof timeSensor> | ReturnType<typeof dateTimeSensor>;

async function outcomeOf(work: Work, { now, ...changes }: Changes & { readonly now: string }) {
  vi.useFakeTimers({ now: Date.parse(now), toFake: ["Date"] });
  try {
    const dag = new Dag("d", { timezone: "Europe/Zurich" });
    dag.task("own", work)();
    return (await runTask(dag, "own", changes)).outcome;
  } finally {
    vi.useRealTimers();
  }
}

const waitsUntil = (at: string) => ({ kind: "deferred", wait: { kind: "moment", at } });

test("timeSensor waits until the time of today in the DAG's time zone", async () => {
  const evening = timeSensor({ targetTime: "17:30" });
  expect(await outcomeOf(evening, { now: "2026-07-01T23:30:00Z" })).toEqual(
    // Its clocks show 01:30 of the next day.
    waitsUntil("2026-07-02T15:30:00.000Z"),
  );
  expect(await outcomeOf(evening, { now: "2026-01-31T06:00:00Z" })).toEqual(
    waitsUntil("2026-01-31T16:30:00.000Z"),
  );
  expect(await outcomeOf(evening, { now: "2026-01-31T16:30:00Z" })).toEqual({
    kind: "success",
  });
  const exact = timeSensor({ targetTime: "0:00:01.5", mode: "poke", deferrable: true });
  expect(await outcomeOf(exact, { now: "2026-01-31T23:00:00Z" })).toEqual(
    waitsUntil("2026-01-31T23:00:01.500Z"),
  );
});

test("dateTimeSensor waits until a moment, which is a template", async () => {
  const sensor = dateTimeSensor({ targetTime: "{{ data_interval_end.add(hours=2) }}" });
  expect(await outcomeOf(sensor, { now: "2026-01-31T06:10:00Z" })).toMatchObject({
    ...waitsUntil("2026-01-31T08:00:00.000Z"),
    renderedFields: { targetTime: "2026-01-31 08:00:00+00:00" },
  });
  expect(await outcomeOf(sensor, { now: "2026-01-31T08:00:00Z" })).toMatchObject({
    kind: "success",
  });
  const broken = await outcomeOf(dateTimeSensor({ targetTime: "noon" }), {
    now: "2026-01-31T00:00:00Z",
  });
  expect(broken).toMatchObject({
    kind: "failed",
    error: {
      message:
        'targetTime of dateTimeSensor takes an ISO 8601 date, such as 2026-01-31T17:30:00Z, got "noon"',
    },
  });
});

test("timeDeltaSensor counts from the data interval's end, or from runAfter where there is none", async () => {
  const sensor = timeDeltaSensor({ delta: "90 minutes" });
  const now = "2026-01-31T06:00:00Z";
  const run = {
    runType: "scheduled",
    logicalDate: "2026-01-30T06:00:00.000Z",
    dataIntervalStart: "2026-01-30T06:00:00.000Z",
    dataIntervalEnd: "2026-01-31T06:00:00.000Z",
    runAfter: "2026-01-31T06:30:00.000Z",
    startDate: null,
    conf: {},
  } as const;
  expect(await outcomeOf(sensor, { now, run })).toEqual(waitsUntil("2026-01-31T07:30:00.000Z"));
  const manual = { ...run, runType: "manual", dataIntervalEnd: null } as const;
  expect(await outcomeOf(sensor, { now, run: manual })).toEqual(
    waitsUntil("2026-01-31T08:00:00.000Z"),
  );
});

test("a time that is none is refused where it is written", () => {
  expect(() => timeSensor({ targetTime: "25:00" })).toThrow(
    'targetTime of timeSensor takes a time of day such as "17:30", got "25:00"',
  );
  expect(() => timeDeltaSensor({ delta: "2 fortnights" as "2 weeks" })).toThrow(
    'delta of timeDeltaSensor takes seconds or a text such as "5 minutes", got "2 fortnights"',
  );
});
