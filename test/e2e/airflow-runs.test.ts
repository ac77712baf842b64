// Whole runs, decided by Airflow itself, through the real bundler, loader, compiler, interpreter,
// worker and threads, and once more in virtual time.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isMapped, type RunCase } from "../vectors/run-case.ts";
import { runCases } from "../vectors/runs.ts";
import { runCaseInVirtualTime } from "../vectors/virtual-runs.ts";

const CASES: readonly RunCase[] = JSON.parse(
  readFileSync(new URL("../vectors/airflow-3.3-runs.json", import.meta.url), "utf8"),
);

/**
 * Of the 93 cases whose outcome depends on which of two independent tasks ends first, those that
 * end in virtual time as they do in another order than Airflow's.
 */
const OTHER_ORDERS = [
  33, 44, 47, 51, 68, 88, 93, 123, 132, 176, 190, 219, 225, 236, 262, 278, 289,
].map((index) => `run_${index}`);

test("every run ends as Airflow's did, or as in another order where the outcome depends on it", {
  timeout: 240_000,
}, async () => {
  expect(CASES).toHaveLength(300);
  expect(CASES.filter(isMapped)).toHaveLength(181);
  expect(CASES.filter((each) => each.order_dependent)).toHaveLength(93);
  const ends = await runCases(CASES);
  expect(ends).toHaveLength(CASES.length);
  expect(ends.flatMap(({ flaw }) => flaw ?? [])).toEqual([]);
  console.info(
    `as in another order: ${ends.flatMap(({ otherOrder }) => otherOrder ?? []).join("\n")}`,
  );
});

test("in virtual time the runs that end as in another order are always the same", async () => {
  const flaws: string[] = [];
  const others: string[] = [];
  for (const wanted of CASES) {
    const { flaw, otherOrder } = await runCaseInVirtualTime(wanted);
    if (flaw !== undefined) flaws.push(flaw);
    if (otherOrder !== undefined) others.push(wanted.dag_id);
  }
  expect(flaws).toEqual([]);
  expect(others).toEqual(OTHER_ORDERS);
});
