import { expect, test } from "vitest";
import { toDocument } from "../../src/describe/to-document.ts";
import { empty } from "../../src/operators/index.ts";
import { Dag, type DeadlineAlert, DeadlineReference } from "../../src/sdk/index.ts";

const callback = () => {};

/** The alerts of a DAG's document, and what is told of them. */
function described(deadline: unknown, timezone = "UTC") {
  const dag = new Dag("etl", { timezone, deadline: deadline as DeadlineAlert });
  dag.task("load", empty())();
  const { document, diagnostics } = toDocument(dag);
  return { deadlines: document.deadlines, told: diagnostics.map(({ message }) => message) };
}

test("a DAG says by when its runs are to have succeeded", () => {
  const { DAGRUN_LOGICAL_DATE, DAGRUN_QUEUED_AT, FIXED_DATETIME, AVERAGE_RUNTIME } =
    DeadlineReference;
  const alerts: readonly DeadlineAlert[] = [
    { name: "soon", reference: DAGRUN_LOGICAL_DATE, interval: "1 hour", callback },
    { reference: DAGRUN_QUEUED_AT, interval: 60, callback },
    { reference: FIXED_DATETIME("2026-07-01T09:00"), interval: -60, callback },
    { reference: AVERAGE_RUNTIME(), interval: 0, callback },
    { reference: AVERAGE_RUNTIME({ maxRuns: 5, minRuns: 2 }), interval: 0, callback },
  ];
  expect(described(alerts, "Europe/London")).toEqual({
    told: [],
    deadlines: [
      { name: "soon", reference: { kind: "dagrun-logical-date" }, interval: 3_600 },
      { reference: { kind: "dagrun-queued-at" }, interval: 60 },
      {
        reference: { kind: "fixed-datetime", datetime: "2026-07-01T08:00:00.000Z" },
        interval: -60,
      },
      { reference: { kind: "average-runtime", maxRuns: 10, minRuns: 10 }, interval: 0 },
      { reference: { kind: "average-runtime", maxRuns: 5, minRuns: 2 }, interval: 0 },
    ],
  });
});

test("one alert needs no list, and a DAG without alerts has none in its document", () => {
  const alert = { reference: DeadlineReference.DAGRUN_QUEUED_AT, interval: 60, callback };
  expect(described(alert).deadlines).toHaveLength(1);
  expect(described(undefined)).toEqual({ told: [], deadlines: undefined });
  expect(described([])).toEqual({ told: [], deadlines: undefined });
});

test("a mistake in an alert is told by the option that it is in", () => {
  const good = { reference: DeadlineReference.DAGRUN_QUEUED_AT, interval: 60, callback };
  const cases: readonly (readonly [given: unknown, told: string])[] = [
    [
      "6 hours",
      'deadline takes { reference, interval, callback }, or a list of such, got "6 hours"',
    ],
    [{ ...good, intervall: 1 }, 'deadline has no option "intervall"'],
    [{ ...good, callback: "page" }, 'callback of a deadline takes a function, got "page"'],
    [
      { ...good, interval: "soon" },
      'interval of a deadline takes seconds or a text such as "5 minutes", got "soon"',
    ],
    [
      { ...good, reference: "queued" },
      'reference of a deadline takes one of DeadlineReference, got "queued"',
    ],
    [
      { ...good, reference: DeadlineReference.AVERAGE_RUNTIME({ minRuns: 0 }) },
      'AVERAGE_RUNTIME of a deadline takes maxRuns and minRuns from 1 to 1000, got {"maxRuns":10,"minRuns":0}',
    ],
    [
      { ...good, reference: DeadlineReference.FIXED_DATETIME("tomorrow") },
      'FIXED_DATETIME of a deadline takes a date as ISO text such as "2026-01-01" or "2026-01-01T06:30", got "tomorrow"',
    ],
    [{ ...good, name: 7 }, "name of a deadline takes a text of at most 250 characters, got 7"],
  ];
  for (const [given, told] of cases) {
    expect(described(given).told).toEqual([`DAG "etl": ${told}`]);
    expect(described(given).deadlines).toBeUndefined();
  }
});
