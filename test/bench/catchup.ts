// A DAG that makes up for 400 days, run by run as its past lets it: from the start of the schedule to
// the end of the last run.
import { type LocalProduct, openLocalProduct } from "../../src/local/local-platform.ts";
import { inWorkplace, medianOf } from "./measure.ts";

const DAYS = 400;
const DAY_MS = 86_400_000;

function file(startDate: string): string {
  return `import { Dag } from "stepwind";
export const dag = new Dag("catchup", {
  schedule: "@daily", startDate: ${JSON.stringify(startDate)}, catchup: true, maxActiveRuns: 3,
});
dag.task("only", async () => 1, { dependsOnPast: true })();
`;
}

export async function benchCatchup(times: number) {
  const catchup400_s = await medianOf(times, async () => {
    const start = new Date(Math.floor(Date.now() / DAY_MS - DAYS + 1) * DAY_MS).toISOString();
    return inWorkplace({ "catchup.ts": file(start) }, async (place) => {
      const product = await openLocalProduct(place);
      try {
        await product.processor.processFile("catchup.ts");
        const began = performance.now();
        await product.startScheduling();
        while ((await endedRuns(product)) < DAYS) await new Promise((done) => setTimeout(done, 20));
        return (performance.now() - began) / 1_000;
      } finally {
        await product.close();
      }
    });
  });
  return { catchup400_s };
}

function endedRuns({ platform }: LocalProduct): Promise<number> {
  return platform.metadata.runs.count({ dagId: "catchup", states: ["success"] });
}
