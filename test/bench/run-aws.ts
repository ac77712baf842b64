// `npm run bench:aws`: prints what the product costs on AWS, as far as this machine can tell; with
// --json one JSON object. Needs Java, for DynamoDB Local.
import { benchAwsBundles } from "./aws-bundles.ts";
import { benchAwsScale } from "./aws-scale.ts";
import { benchAwsTasks } from "./aws-tasks.ts";

const asJson = process.argv.includes("--json");
const figures: Record<string, number> = {};

for (const measure of [benchAwsBundles, benchAwsTasks, benchAwsScale]) {
  for (const [name, value] of Object.entries(await measure())) {
    figures[name] = Number(value.toPrecision(4));
    if (!asJson) console.log(`${name.padEnd(30)} ${figures[name]}`);
  }
}
if (asJson) console.log(JSON.stringify(figures));
