// Runs end to end on a warm product: chains of light and heavy tasks, and fan-outs.
import type { LocalProduct } from "../../src/local/local-platform.ts";
import { median, medianOf, timeRun, withProduct } from "./measure.ts";

const HEAVY_TASKS = 10;

const FILE = `import { chain, Dag } from "stepwind";
const fibo = (n: number): number => (n < 2 ? n : fibo(n - 1) + fibo(n - 2));
function sequence(id: string, length: number, n: number) {
  const dag = new Dag(id, { schedule: null });
  const tasks = Array.from({ length }, (_, i) => dag.task("task_" + i, async () => fibo(n))());
  chain(...tasks);
  return dag;
}
function fanOut(width: number) {
  const dag = new Dag("fanout_" + width, { schedule: null });
  const start = dag.task("start", async () => 0)();
  const end = dag.task("end", async () => 0)();
  chain(start, Array.from({ length: width }, (_, i) => dag.task("task_" + i, async () => i)()), end);
  return dag;
}
const bare = new Dag("bare", { schedule: null });
bare.task("loop", async () => {
  const began = performance.now();
  for (let i = 0; i < ${HEAVY_TASKS}; i += 1) fibo(33);
  return performance.now() - began;
})();
const mapped = new Dag("mapped_1000", { schedule: null });
const items = mapped.task("items", async () => Array.from({ length: 1000 }, (_, i) => i))();
const each = mapped.task("each", async ({ n }: { n: number }) => n).expand({ n: items });
mapped.task("end", async () => 0)().after(each);
export const dags = [mapped, sequence("light", 40, 10), sequence("heavy", ${HEAVY_TASKS}, 33), bare, fanOut(100), fanOut(1000)];
`;

export async function benchRuns(times: number) {
  return withProduct({ "bench.ts": FILE }, async (product) => {
    const timed = async (dagId: string) => {
      for (let index = 0; index < 5; index += 1) await timeRun(product, dagId);
      return medianOf(times, async () => (await timeRun(product, dagId)).seconds);
    };
    return {
      light_s: await timed("light"),
      heavy_overhead_ms: await heavyOverhead(product, times),
      fanout100_s: await timed("fanout_100"),
      fanout1000_s: await timed("fanout_1000"),
      mapped1000_s: await timed("mapped_1000"),
    };
  });
}

/**
 * Milliseconds that a heavy task takes beyond its function, which is called as often in a loop
 * inside one task for comparison.
 */
async function heavyOverhead(product: LocalProduct, times: number): Promise<number> {
  const overheads: number[] = [];
  for (let index = 0; index < times + 2; index += 1) {
    const { seconds } = await timeRun(product, "heavy");
    const { runId } = await timeRun(product, "bare");
    const key = { dagId: "bare", runId, taskId: "loop", mapIndex: -1 };
    const loop = await product.platform.metadata.xcoms.get(key, "return_value");
    overheads.push((seconds * 1_000 - Number(loop?.value)) / HEAVY_TASKS);
  }
  // The first two warm up.
  return median(overheads.slice(2));
}
