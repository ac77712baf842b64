// Runs end to end on a warm product: chains of light and heavy tasks, and fan-outs.
import { Worker } from "node:worker_threads";
import { medianOf, timeRun, withProduct } from "./measure.ts";

const FIBO = "const fibo = (n: number): number => (n < 2 ? n : fibo(n - 1) + fibo(n - 2));";

const FILE = `import { chain, Dag } from "stepwind";
${FIBO}
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
export const dags = [sequence("light", 40, 10), sequence("heavy", 10, 33), fanOut(100), fanOut(1000)];
`;

export async function benchRuns(times: number) {
  return withProduct({ "bench.ts": FILE }, async (product) => {
    const warm = async (dagId: string) => {
      for (let index = 0; index < 3; index += 1) await timeRun(product, dagId);
    };
    const timed = async (dagId: string) => {
      await warm(dagId);
      return medianOf(times, () => timeRun(product, dagId));
    };
    const light_s = await timed("light");
    const heavy_s = await timed("heavy");
    const bareMs = await bareFibo();
    return {
      light_s,
      heavy_overhead_ms: (heavy_s * 1_000) / 10 - bareMs,
      fanout100_s: await timed("fanout_100"),
      fanout1000_s: await timed("fanout_1000"),
    };
  });
}

/** Milliseconds of one fibo(33) alone in a warm thread. */
async function bareFibo(): Promise<number> {
  const code = `const { parentPort } = require("node:worker_threads");
    const fibo = (n) => (n < 2 ? n : fibo(n - 1) + fibo(n - 2));
    const times = [];
    for (let i = 0; i < 12; i++) { const start = performance.now(); fibo(33); times.push(performance.now() - start); }
    parentPort.postMessage(times.slice(2).sort((a, b) => a - b)[5]);`;
  const thread = new Worker(code, { eval: true });
  return new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
  });
}
