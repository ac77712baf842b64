// The differential test where workers are functions that nobody waits for, and where user code runs
// apart from them, as on AWS; in virtual time. Other seeds: npm run differential -- 0 1000 apart.
import { expect, test } from "vitest";
import { PLATFORMS } from "../../reference/differential/platforms.ts";
import { randomCase } from "../../reference/differential/random-cases.ts";
import { runCase } from "../../reference/differential/run-case.ts";

const CASES = 40;

test.each(["apart", "split"] as const)(
  `${CASES} random DAGs do what the reference says with workers %s`,
  { timeout: 240_000 },
  async (platform) => {
    for (let seed = 0; seed < CASES; seed += 1) {
      const run = await runCase(randomCase(seed, { deaths: false }), PLATFORMS[platform]);
      expect(run.problems, run.report).toEqual([]);
    }
  },
);
