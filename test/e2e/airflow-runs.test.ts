// Whole runs, decided by Airflow itself, through the real bundler, loader, compiler, interpreter,
// worker and threads.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isMapped, type RunCase } from "../vectors/run-case.ts";
import { runCases } from "../vectors/runs.ts";

const CASES: readonly RunCase[] = JSON.parse(
  readFileSync(new URL("../vectors/airflow-3.3-runs.json", import.meta.url), "utf8"),
);

test("every run ends as Airflow's did", { timeout: 240_000 }, async () => {
  expect(CASES).toHaveLength(300);
  expect(CASES.filter(isMapped)).toHaveLength(181);
  const differences = await runCases(CASES);
  expect(differences.filter((difference) => difference !== undefined)).toEqual([]);
});
