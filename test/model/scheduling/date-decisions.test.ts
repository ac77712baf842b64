// Branches by dates, as Airflow's operators decide them.
import { describe, expect, test } from "vitest";
import type { DateCondition } from "../../../src/model/document.ts";
import { decideByDate, parseBound } from "../../../src/model/scheduling/date-decisions.ts";
import { dag, task } from "../../reference/documents.ts";

const RUN = {
  runType: "scheduled",
  logicalDate: "2026-03-10T00:00:00Z",
  dataIntervalStart: "2026-03-10T00:00:00Z",
  dataIntervalEnd: "2026-03-10T00:00:00Z",
  runAfter: "2026-03-10T00:00:00Z",
} as const;

function ask(condition: DateCondition, now: string, timezone = "UTC") {
  const decision = { kind: "by-date", condition, ifTrue: ["yes"], ifFalse: ["no"] } as const;
  const facts = { run: RUN, now: Date.parse(now) };
  const document = dag("d", [task("t")], { timezone });
  return decideByDate(document, { taskId: "t", decision }, facts).follow[0];
}

const between = (lower: string | undefined, upper: string | undefined): DateCondition => ({
  kind: "between",
  useTaskLogicalDate: false,
  ...(lower === undefined ? {} : { lower }),
  ...(upper === undefined ? {} : { upper }),
});

describe("branchDateTime", () => {
  test("both limits belong to the range", () => {
    const range = between("2026-03-10T10:00", "2026-03-10T12:00");
    for (const [now, wanted] of [
      ["2026-03-10T09:59:59.999Z", "no"],
      ["2026-03-10T10:00:00Z", "yes"],
      ["2026-03-10T12:00:00Z", "yes"],
      ["2026-03-10T12:00:00.001Z", "no"],
    ] as const) {
      expect(ask(range, now), now).toBe(wanted);
    }
  });

  test("one limit is enough", () => {
    expect(ask(between("10:00", undefined), "2026-03-10T09:00:00Z")).toBe("no");
    expect(ask(between("10:00", undefined), "2026-03-10T23:00:00Z")).toBe("yes");
    expect(ask(between(undefined, "10:00"), "2026-03-10T09:00:00Z")).toBe("yes");
  });

  test("an upper time before the lower one is the next day's", () => {
    const night = between("22:00", "06:00");
    expect(ask(night, "2026-03-10T23:00:00Z")).toBe("yes");
    expect(ask(night, "2026-03-10T12:00:00Z")).toBe("no");
    // Airflow: the lower limit is that of the same day, so the small hours are outside.
    expect(ask(night, "2026-03-10T03:00:00Z")).toBe("no");
    // Two dates in the wrong order hold never.
    expect(ask(between("2026-03-10T22:00", "2026-03-10T06:00"), "2026-03-10T23:00:00Z")).toBe("no");
  });

  test("limits are in the DAG's time zone unless they have an offset, dates of times in UTC", () => {
    const range = between("10:00", "11:00");
    expect(ask(range, "2026-03-10T09:30:00Z", "Europe/Zurich")).toBe("yes");
    expect(ask(range, "2026-03-10T10:30:00Z", "Europe/Zurich")).toBe("no");
    const withOffset = between("2026-03-10T10:00+00:00", "2026-03-10T11:00Z");
    expect(ask(withOffset, "2026-03-10T10:30:00Z", "Europe/Zurich")).toBe("yes");
  });

  test("the logical date may be asked in the clock's place", () => {
    const range = { ...between("2026-03-09T23:00", "00:30"), useTaskLogicalDate: true };
    expect(ask(range, "2030-01-01T00:00:00Z")).toBe("yes");
  });

  test("texts that are no moment are told apart", () => {
    for (const text of ["25:00", "noon", "2026-13-01T00:00", "10", ""]) {
      expect(parseBound(text), text).toBeUndefined();
    }
    expect(parseBound("2026-03-10")).toEqual({ kind: "wall", at: Date.UTC(2026, 2, 10) });
  });
});

describe("latestOnly", () => {
  const ask = (now: string, schedule: Parameters<typeof dag>[2], run: object = {}) => {
    const document = dag("d", [task("t"), task("below", ["t"])], schedule);
    const decision = { kind: "latest-only" } as const;
    const facts = { run: { ...RUN, ...run }, now: Date.parse(now) };
    return decideByDate(document, { taskId: "t", decision }, facts).follow.length > 0;
  };
  const daily = { schedule: { kind: "cron", cron: "0 0 * * *" } } as const;

  test("a run is the latest from its moment to the next one's", () => {
    expect(ask("2026-03-10T00:00:00Z", daily)).toBe(false);
    expect(ask("2026-03-10T00:00:00.001Z", daily)).toBe(true);
    expect(ask("2026-03-11T00:00:00Z", daily)).toBe(true);
    expect(ask("2026-03-11T00:00:01Z", daily)).toBe(false);
  });

  test("with data intervals, to the end of the interval after its own", () => {
    const schedule = { schedule: { kind: "cron-data-interval", cron: "0 0 * * *" } } as const;
    const run = { dataIntervalEnd: "2026-03-11T00:00:00Z", runAfter: "2026-03-11T00:00:00Z" };
    expect(ask("2026-03-12T00:00:00Z", schedule, run)).toBe(true);
    expect(ask("2026-03-12T00:00:01Z", schedule, run)).toBe(false);
  });

  test("manual runs, and those that no other follows, always are", () => {
    expect(ask("2030-01-01T00:00:00Z", daily, { runType: "manual" })).toBe(true);
    expect(ask("2030-01-01T00:00:00Z", { schedule: { kind: "none" } })).toBe(true);
  });
});
