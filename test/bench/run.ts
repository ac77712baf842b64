// `npm run bench`: prints a table of medians beside what they should stay below; `npm run bench
// --silent -- --json` prints one JSON object of them. Writes are durable while measuring. Takes
// about five minutes.
import { benchCatchup } from "./catchup.ts";
import { benchCompile } from "./compile.ts";
import { benchHistory } from "./history/bench-history.ts";
import { removeWorkplaces } from "./measure.ts";
import { benchPlan } from "./plan.ts";
import { benchRuns } from "./runs.ts";
import { benchIdle, benchStart, benchTick } from "./server.ts";
import { benchSimulation } from "./simulation.ts";

interface Figure {
  readonly unit: string;
  /** On two idle cores. */
  readonly target?: number;
}

const FIGURES: Readonly<Record<string, Figure>> = {
  first_run_s: { unit: "s", target: 1.5 },
  idle_mib: { unit: "MiB", target: 114 },
  tick_ms: { unit: "ms", target: 100 },
  compile100_s: { unit: "s" },
  compile200_s: { unit: "s" },
  compile500_s: { unit: "s" },
  compile1000_s: { unit: "s", target: 1 },
  compile2000_s: { unit: "s" },
  plan5000_s: { unit: "s", target: 1 },
  simulate_year_ms: { unit: "ms", target: 1_000 },
  light_s: { unit: "s", target: 0.1 },
  heavy_overhead_ms: { unit: "ms", target: 5 },
  fanout100_s: { unit: "s", target: 0.15 },
  fanout1000_s: { unit: "s", target: 1 },
  mapped1000_s: { unit: "s", target: 0.5 },
  catchup400_s: { unit: "s", target: 10 },
  list_p95_ms: { unit: "ms", target: 30 },
  list_mib: { unit: "MiB", target: 200 },
  load_p99_ms: { unit: "ms", target: 100 },
  history_ratio: { unit: "", target: 1.1 },
};

/** Servers are measured first: afterwards the disk is busy with what the runs have written. */
const BENCHES: readonly (() => Promise<Readonly<Record<string, number>>>)[] = [
  () => benchStart(7),
  () => benchIdle(3),
  () => benchTick(7),
  () => benchCompile(7),
  () => benchPlan(5),
  () => benchSimulation(5),
  () => benchRuns(15),
  () => benchCatchup(3),
  () => benchHistory({ runs: 15, seconds: 60 }),
];

const asJson = process.argv.includes("--json");
const medians: Record<string, number> = {};
try {
  if (!asJson) console.log(toLine("name", "median", "unit", "target"));
  for (const measure of BENCHES) {
    for (const [name, value] of Object.entries(await measure())) {
      medians[name] = Number(value.toPrecision(3));
      const { unit = "", target = "" } = FIGURES[name] ?? {};
      if (!asJson)
        console.log(toLine(name, medians[name], unit, target === "" ? "" : `≤ ${target}`));
    }
  }
  if (asJson) console.log(JSON.stringify(medians));
} finally {
  await removeWorkplaces();
}

function toLine(name: string, median: string | number, unit: string, target: string): string {
  return `${name.padEnd(18)} ${String(median).padStart(8)} ${unit.padEnd(4)} ${target}`.trimEnd();
}
