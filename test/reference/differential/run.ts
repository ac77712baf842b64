// Runs random cases of other seeds: npm run differential -- [FIRST] [COUNT]. Prints the first ones
// that fail in full, and how often each kind of problem was seen.
import { PLATFORMS, type Platform } from "./platforms.ts";
import { randomCase } from "./random-cases.ts";
import { runCase } from "./run-case.ts";

const PRINTED = 3;

const [first = "0", count = "1000", platform = "embedded", printed = `${PRINTED}`] =
  process.argv.slice(2);
const options = PLATFORMS[platform as Platform];
const kinds = new Map<string, number[]>();
let ambiguous = 0;
let failed = 0;
for (let seed = Number(first); seed < Number(first) + Number(count); seed += 1) {
  const deaths = platform === "embedded";
  const run = await runCase(randomCase(seed, { deaths }), options);
  ambiguous += run.ambiguous;
  const [problem] = run.problems;
  if (problem === undefined) continue;
  failed += 1;
  if (failed <= Number(printed)) process.stdout.write(`${run.report}\n\n`);
  const kind = problem.replace(/\bt\d+(\[-?\d+\])?/g, "T").replace(/\d+/g, "N");
  kinds.set(kind, [...(kinds.get(kind) ?? []), seed]);
}
for (const [kind, seeds] of [...kinds].sort((a, b) => b[1].length - a[1].length)) {
  process.stdout.write(`${seeds.length} × ${kind}: seeds ${seeds.slice(0, 8).join(", ")}\n`);
}
process.stdout.write(`${failed} of ${count} failed; ${ambiguous} verdicts by the order of a set\n`);
if (failed > 0) process.exitCode = 1;
