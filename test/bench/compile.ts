// Compile times of random DAGs with two edges per task.
import { compile } from "../../src/compiler/compile.ts";
import { randomTwoEdgeDocument } from "../reference/random-dags.ts";
import { median } from "./measure.ts";

const FUNCTIONS = { worker: "worker", recorder: "recorder", triggerQueueUrl: "triggers" };

export async function benchCompile(times: number): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const size of [100, 200, 500, 1_000, 2_000]) {
    const seconds: number[] = [];
    for (let seed = 0; seed < times; seed += 1) {
      const document = randomTwoEdgeDocument(seed, size);
      const started = performance.now();
      compile(document, { functions: FUNCTIONS });
      seconds.push((performance.now() - started) / 1_000);
    }
    figures[`compile${size}_s`] = median(seconds);
  }
  return figures;
}
