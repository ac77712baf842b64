// `npm run bench`: prints a table of medians; with --json one JSON object. Writes are durable while measuring.
import { benchCompile } from "./compile.ts";
import { benchPlan } from "./plan.ts";
import { benchRuns } from "./runs.ts";
import { benchStart, benchTick } from "./server.ts";

const asJson = process.argv.includes("--json");
const figures: Record<string, number> = {};

const benches: readonly (() => Promise<Readonly<Record<string, number>>>)[] = [
  () => benchRuns(9),
  () => benchStart(5),
  () => benchTick(5),
  () => benchCompile(5),
  () => benchPlan(5),
];
for (const measure of benches) {
  for (const [name, value] of Object.entries(await measure())) {
    figures[name] = Number(value.toPrecision(4));
    if (!asJson) console.log(`${name.padEnd(20)} ${figures[name]}`);
  }
}
if (asJson) console.log(JSON.stringify(figures));
