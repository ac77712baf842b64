// The planner, alone and over weeks of a simulated clock.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { DagDocument, Schedule } from "../../../src/model/document.ts";
import type { DagRunRecord } from "../../../src/model/records.ts";
import {
  type ActiveRun,
  type Plan,
  type PlanQuery,
  plan,
} from "../../../src/model/scheduling/planner.ts";
import { dagDocument } from "../documents.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-01-10T06:30:00Z");
const daily = { kind: "cron", cron: "0 6 * * *" } as const;

function planFor(document: Partial<DagDocument>, query: Partial<PlanQuery> = {}): Plan {
  return plan({
    document: dagDocument({ schedule: daily, startDate: "2026-01-01T00:00:00.000Z", ...document }),
    isPaused: false,
    isStale: false,
    now: NOW,
    activeRuns: [],
    lastPlannedAt: undefined,
    ...query,
  });
}

function dates(planned: Plan): (string | undefined)[] {
  return planned.create.map(({ logicalDate }) => logicalDate?.slice(0, 16));
}

function ranAt(moment: string) {
  return { logicalDate: moment, dataIntervalStart: moment, dataIntervalEnd: moment };
}

function active(runId: string, given: Partial<ActiveRun> = {}): ActiveRun {
  const runAfter = "2026-01-05T00:00:00.000Z";
  return { runId, state: "queued", runType: "manual", runAfter, logicalDate: null, ...given };
}

test("a new DAG without catchup runs once, for the latest tick, and fires again at the next", () => {
  const planned = planFor({});
  expect(planned.create).toEqual([
    {
      runId: "scheduled__2026-01-10T06:00:00+00:00",
      runType: "scheduled",
      logicalDate: "2026-01-10T06:00:00.000Z",
      dataIntervalStart: "2026-01-10T06:00:00.000Z",
      dataIntervalEnd: "2026-01-10T06:00:00.000Z",
      runAfter: "2026-01-10T06:00:00.000Z",
    },
  ]);
  expect(planned.start).toEqual(["scheduled__2026-01-10T06:00:00+00:00"]);
  expect(planned.nextFireAt).toBe(Date.parse("2026-01-11T06:00:00Z"));
  expect(planned.next?.logicalDate).toBe("2026-01-11T06:00:00.000Z");
});

test("when the latest tick has run, nothing is created until the next", () => {
  const planned = planFor({}, { lastAutomatedRun: ranAt("2026-01-10T06:00:00.000Z") });
  expect(planned).toMatchObject({ create: [], start: [] });
  expect(planned.nextFireAt).toBe(Date.parse("2026-01-11T06:00:00Z"));
});

test("ticks missed without catchup are left out but for the latest", () => {
  expect(dates(planFor({}, { lastAutomatedRun: ranAt("2026-01-03T06:00:00.000Z") }))).toEqual([
    "2026-01-10T06:00",
  ]);
});

test("catchup creates all that is due up to the DAG's limit of active runs, oldest first", () => {
  const all = planFor({ catchup: true });
  expect(dates(all)).toHaveLength(10);
  expect(all.start).toHaveLength(10);
  const some = planFor({ catchup: true, maxActiveRuns: 3 });
  expect(dates(some)).toEqual(["2026-01-01T06:00", "2026-01-02T06:00", "2026-01-03T06:00"]);
  expect(some.next?.logicalDate).toBe("2026-01-04T06:00:00.000Z");
  expect(some.nextFireAt).toBeUndefined();
});

test("manual runs count in the limit, backfill runs neither count nor start", () => {
  const document = { catchup: true, maxActiveRuns: 3 };
  const backfill = active("backfill", { runType: "backfill" });
  const planned = planFor(document, { activeRuns: [active("by-hand"), backfill] });
  expect(planned.create).toHaveLength(2);
  expect(planned.start).toHaveLength(3);
  expect(planned.start).not.toContain("backfill");
});

test("queued runs start while fewer than the limit are running, the earliest due first", () => {
  const activeRuns = [
    active("third", { runAfter: "2026-01-09T00:00:00.000Z" }),
    active("running", { state: "running" }),
    active("first", { runAfter: "2026-01-07T00:00:00.000Z" }),
    active("second", { runAfter: "2026-01-08T00:00:00.000Z" }),
  ];
  const planned = planFor({ schedule: { kind: "none" }, maxActiveRuns: 3 }, { activeRuns });
  expect(planned.start).toEqual(["first", "second"]);
});

test("a run waits for its time and for its logical date, and the planner fires then", () => {
  const later = new Date(NOW + 60_000).toISOString();
  const none = { schedule: { kind: "none" } } as const;
  for (const run of [active("a", { runAfter: later }), active("b", { logicalDate: later })]) {
    const planned = planFor(none, { activeRuns: [run] });
    expect(planned).toMatchObject({ start: [], nextFireAt: NOW + 60_000 });
    expect(planFor(none, { activeRuns: [run], now: NOW + 60_000 }).start).toEqual([run.runId]);
  }
});

test("a paused DAG and one whose file is gone get no runs, and queued ones don't start", () => {
  for (const state of [{ isPaused: true }, { isStale: true }]) {
    expect(planFor({ catchup: true }, { ...state, activeRuns: [active("a")] })).toEqual({
      create: [],
      start: [],
    });
  }
});

test("no run is created outside start and end date", () => {
  expect(planFor({ startDate: "2026-02-01T00:00:00.000Z" })).toMatchObject({
    create: [],
    nextFireAt: Date.parse("2026-02-01T06:00:00Z"),
  });
  const ended = planFor({ endDate: "2026-01-02T06:00:00.000Z", catchup: true });
  expect(dates(ended)).toEqual(["2026-01-01T06:00", "2026-01-02T06:00"]);
  expect(ended).not.toHaveProperty("nextFireAt");
  expect(ended).not.toHaveProperty("next");
});

test("a logical date that another run has is passed over", () => {
  const logicalDate = "2026-01-02T06:00:00.000Z";
  const started = active("by-hand", { logicalDate });
  for (const query of [{ activeRuns: [started] }, { takenLogicalDates: new Set([logicalDate]) }]) {
    expect(dates(planFor({ catchup: true, maxActiveRuns: 3 }, query)).slice(0, 2)).toEqual([
      "2026-01-01T06:00",
      "2026-01-03T06:00",
    ]);
  }
});

test("a clock that goes back creates nothing twice", () => {
  const lastAutomatedRun = ranAt("2026-01-10T06:00:00.000Z");
  expect(planFor({}, { lastAutomatedRun, now: NOW - 5 * DAY })).toMatchObject({
    create: [],
    nextFireAt: Date.parse("2026-01-11T06:00:00Z"),
  });
});

test("a fixed distance between runs doesn't grow by the lateness of timers", () => {
  const document = { schedule: { kind: "delta", delta: 3_600 } } as const;
  const first = planFor(document);
  expect(dates(first)).toEqual(["2026-01-10T06:30"]);
  const lastAutomatedRun = first.create[0];
  const second = planFor(document, {
    lastAutomatedRun,
    lastPlannedAt: first.plannedAt,
    now: NOW + 3_600_007,
  });
  expect(second.create[0]?.logicalDate).toBe("2026-01-10T07:30:00.000Z");
});

test("an event is not missed because the planner is called a little after it", () => {
  const schedule = {
    kind: "events",
    dates: ["2026-01-10T06:45:00Z", "2026-01-11T00:00:00Z"],
  } as const;
  const before = planFor({ schedule });
  expect(before).toMatchObject({ create: [], nextFireAt: Date.parse("2026-01-10T06:45:00Z") });
  const now = Date.parse("2026-01-10T06:45:00.012Z");
  const at = planFor({ schedule }, { now, lastPlannedAt: before.plannedAt });
  expect(dates(at)).toEqual(["2026-01-10T06:45"]);
  expect(at.nextFireAt).toBe(Date.parse("2026-01-11T00:00:00Z"));
  expect(planFor({ schedule }, { now }).create).toEqual([]);
});

test("a continuous DAG starts its next run when the one before has ended, and only then", () => {
  const document = dagDocument({ schedule: { kind: "continuous" }, maxActiveRuns: 5 });
  const base = { document, isPaused: false, isStale: false, lastPlannedAt: undefined };
  const first = plan({ ...base, now: NOW, activeRuns: [] });
  expect(first.create).toHaveLength(1);
  const [created] = first.create;
  if (!created) throw new Error("no run");
  const running = [{ ...created, state: "running" as const }];
  const lastAutomatedRun = created;
  expect(plan({ ...base, now: NOW + 50, activeRuns: running, lastAutomatedRun })).toMatchObject({
    create: [],
    start: [],
  });
  expect(plan({ ...base, now: NOW, activeRuns: [], lastAutomatedRun })).toMatchObject({
    create: [],
    nextFireAt: NOW + 1,
  });
  const started = { ...document, startDate: "2026-01-08T00:00:00.000Z" };
  const early = plan({ ...base, document: started, now: NOW, activeRuns: [] }).create[0];
  expect(early).toMatchObject({
    logicalDate: started.startDate,
    runAfter: new Date(NOW).toISOString(),
  });
  const soon = { ...base, document: started, activeRuns: [], lastAutomatedRun: early };
  expect(plan({ ...soon, now: NOW })).toMatchObject({ create: [], nextFireAt: NOW + 1 });
  expect(plan({ ...soon, now: NOW + 1 }).create).toHaveLength(1);
  const second = plan({ ...base, now: NOW + 90, activeRuns: [], lastAutomatedRun });
  expect(second.create[0]?.logicalDate).toBe(new Date(NOW + 90).toISOString());
});

test("a schedule that doesn't go on is a problem of its DAG, and queued runs start all the same", () => {
  const lastAutomatedRun = ranAt("2026-01-09T06:00:00.000Z");
  for (const [schedule, timezone, told] of [
    [{ kind: "delta", delta: 0 }, "UTC", "does not go on after 2026-01-09T06:00:00.000Z"],
    [{ kind: "delta", delta: Number.NaN }, "UTC", "fails with RangeError"],
    [{ kind: "cron", cron: "0 0 30 2 *" }, "UTC", 'cron "0 0 30 2 *" '],
    [daily, "Mars/Olympus", "fails with RangeError: Invalid time zone specified: Mars/Olympus"],
  ] as const) {
    const document = { schedule, timezone, catchup: true };
    const planned = planFor(document, { lastAutomatedRun, activeRuns: [active("by-hand")] });
    expect(planned).toMatchObject({ create: [], start: ["by-hand"] });
    expect(planned.problem).toContain('DAG "example" gets no further scheduled runs: its schedule');
    expect(planned.problem).toContain(told);
    expect(planned).not.toHaveProperty("next");
  }
});

test("a run that lies ahead of the clock is waited for, not taken for a schedule that stands still", () => {
  const ahead = "2026-01-10T07:00:00.000Z";
  const document = {
    schedule: { kind: "continuous" },
    startDate: "2026-01-01T00:00:00.000Z",
  } as const;
  const planned = planFor(document, {
    lastAutomatedRun: { ...ranAt("2026-01-10T06:00:00.000Z"), dataIntervalEnd: ahead },
  });
  expect(planned).toEqual({ create: [], start: [], nextFireAt: Date.parse(ahead) });
});

test("a schedule that became coarser goes on after the last run, and not back in time", () => {
  const lastAutomatedRun = {
    logicalDate: "2026-01-08T05:00:00.000Z",
    dataIntervalStart: "2026-01-08T05:00:00.000Z",
    dataIntervalEnd: "2026-01-08T06:00:00.000Z",
  };
  const schedule = { kind: "cron-data-interval", cron: "0 0 * * 0" } as const;
  for (const catchup of [true, false]) {
    expect(planFor({ schedule, catchup }, { lastAutomatedRun })).toMatchObject({
      create: [],
      next: { dataIntervalStart: "2026-01-11T00:00:00.000Z" },
      nextFireAt: Date.parse("2026-01-18T00:00:00Z"),
    });
  }
});

/** The runs of one DAG, as a database would hold them. */
class Runs {
  readonly all: (ActiveRun & Pick<DagRunRecord, "dataIntervalStart" | "dataIntervalEnd">)[] = [];

  query(document: DagDocument, now: number, lastPlannedAt: number | undefined): PlanQuery {
    const lastAutomatedRun = this.all
      .filter(({ runType }) => runType === "scheduled")
      .toSorted((a, b) => (a.logicalDate ?? "").localeCompare(b.logicalDate ?? ""))
      .at(-1);
    const activeRuns = this.all.filter(({ state }) => state === "queued" || state === "running");
    return {
      document,
      isPaused: false,
      isStale: false,
      now,
      lastAutomatedRun,
      activeRuns,
      lastPlannedAt,
    };
  }

  apply({ create, start }: Plan): void {
    for (const run of create) {
      expect(this.all.some(({ runId }) => runId === run.runId)).toBe(false);
      expect(this.all.some(({ logicalDate }) => logicalDate === run.logicalDate)).toBe(false);
      this.all.push({ ...run, state: "queued" });
    }
    for (const runId of start) this.set(runId, "running");
  }

  set(runId: string, state: ActiveRun["state"]): void {
    const index = this.all.findIndex((run) => run.runId === runId);
    const run = this.all[index];
    if (!run) throw new Error(`no run ${runId}`);
    this.all[index] = { ...run, state };
  }

  count(...states: ActiveRun["state"][]): number {
    return this.all.filter(({ state }) => states.includes(state)).length;
  }
}

const schedules = fc.constantFrom<Schedule>(
  daily,
  { kind: "cron", cron: "*/30 * * * *", interval: 1_800 },
  { kind: "multi-cron", crons: ["0 * * * *", "20 3 * * *"] },
  { kind: "cron-data-interval", cron: "@hourly" },
  { kind: "delta", delta: 5_400 },
  { kind: "delta-data-interval", delta: 7_200 },
  { kind: "once" },
  { kind: "continuous" },
  { kind: "events", dates: ["2026-01-09T00:00:00Z", "2026-01-11T00:00:00Z"] },
);

test("however time passes and runs end: never more active runs than allowed, and planning again adds nothing", () => {
  const steps = fc.array(
    fc.record({
      passes: fc.integer({ min: 0, max: 40_000_000 }),
      ends: fc.integer({ min: 0, max: 4 }),
      byHand: fc.boolean(),
    }),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(
      schedules,
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom("UTC", "America/New_York"),
      steps,
      (schedule, catchup, maxActiveRuns, timezone, moves) => {
        const document = dagDocument({
          schedule,
          catchup,
          maxActiveRuns,
          timezone,
          startDate: "2026-01-08T00:00:00.000Z",
        });
        const limit = schedule.kind === "continuous" ? 1 : maxActiveRuns;
        const runs = new Runs();
        let now = NOW;
        let plannedAt: number | undefined;
        for (const { passes, ends, byHand } of moves) {
          now += passes;
          for (const { runId } of runs.all
            .filter(({ state }) => state === "running")
            .slice(0, ends)) {
            runs.set(runId, "success");
          }
          const room = runs.count("queued", "running") < limit;
          if (byHand) {
            const runAfter = new Date(now).toISOString();
            const runId = `manual-${runs.all.length}`;
            runs.all.push({
              ...active(runId, { runAfter }),
              dataIntervalStart: null,
              dataIntervalEnd: null,
            });
          }
          const planned = plan(runs.query(document, now, plannedAt));
          plannedAt = planned.plannedAt;
          runs.apply(planned);
          expect(runs.count("running")).toBeLessThanOrEqual(limit);
          if (planned.create.length > 0) {
            expect(room).toBe(true);
            expect(runs.count("queued", "running")).toBeLessThanOrEqual(limit);
          }
          expect(planned.nextFireAt ?? now + 1).toBeGreaterThan(now);
          const again = plan(runs.query(document, now, plannedAt));
          expect(again).toMatchObject({ create: [], start: [] });
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("with catchup no tick is left out, whenever the planner is called", () => {
  const waits = fc.array(fc.integer({ min: 0, max: 3 * DAY }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(waits, fc.integer({ min: 1, max: 4 }), (passes, maxActiveRuns) => {
      const document = dagDocument({
        schedule: daily,
        catchup: true,
        maxActiveRuns,
        startDate: "2026-01-01T00:00:00.000Z",
      });
      const runs = new Runs();
      let now = NOW;
      for (const wait of passes) {
        now += wait;
        for (;;) {
          const planned = plan(runs.query(document, now, undefined));
          runs.apply(planned);
          if (planned.create.length === 0) break;
          for (const { runId } of runs.all) runs.set(runId, "success");
        }
      }
      const days = Math.floor((now - Date.parse("2026-01-01T06:00:00Z")) / DAY) + 1;
      expect(runs.all.map(({ logicalDate }) => logicalDate)).toEqual(
        Array.from({ length: days }, (_, day) =>
          new Date(Date.UTC(2026, 0, 1 + day, 6)).toISOString(),
        ),
      );
    }),
    { numRuns: 100 },
  );
});
