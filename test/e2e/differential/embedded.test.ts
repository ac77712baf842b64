// The differential test on one machine, in virtual time: random DAGs with mapped tasks and groups,
// setups and teardowns, branches, sensors, pools and random outcomes, whose runs people clear and
// mark, do at every moment what the reference says. Other seeds: npm run differential.
import { expect, test } from "vitest";
import { randomCase } from "../../reference/differential/random-cases.ts";
import { runCase } from "../../reference/differential/run-case.ts";

const CASES = 300;
/** Verdicts that Airflow leaves to the order of a set, of all ends; see `Judgement`. */
const MOST_AMBIGUOUS = 0.01;

test(`${CASES} random DAGs do what the reference says`, { timeout: 240_000 }, async () => {
  let ends = 0;
  let ambiguous = 0;
  for (let seed = 0; seed < CASES; seed += 1) {
    const run = await runCase(randomCase(seed));
    expect(run.problems, run.report).toEqual([]);
    ends += run.ends;
    ambiguous += run.ambiguous;
  }
  expect(ends).toBeGreaterThan(CASES * 8);
  expect(ambiguous / ends).toBeLessThan(MOST_AMBIGUOUS);
});
