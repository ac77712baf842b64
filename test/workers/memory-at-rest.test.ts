import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";

const MODULE = new URL("../../src/workers/inside/memory-at-rest.ts", import.meta.url).href;

const BURST = `
const { parentPort } = require("node:worker_threads");
const { getHeapStatistics } = require("node:v8");
const heapMiB = () => getHeapStatistics().total_physical_size / 1024 ** 2;
import("${MODULE}").then(({ releaseMemoryAtRest }) => {
  releaseMemoryAtRest(100);
  let rows = Array.from({ length: 500_000 }, (_, index) => ({ index, text: "row " + index }));
  const burst = heapMiB();
  rows = undefined;
  setTimeout(() => parentPort.postMessage({ burst, atRest: heapMiB() }), 1_500);
});
`;

test("the memory of a burst of work is given back once the thread rests", async () => {
  const thread = new Worker(BURST, { eval: true, execArgv: [] });
  try {
    const [{ burst, atRest }] = await once(thread, "message");
    expect(burst).toBeGreaterThan(30);
    expect(atRest).toBeLessThan(15);
  } finally {
    await thread.terminate();
  }
});
