// What a long history costs: listings, a run on the full database over one on an empty one, and
// requests while a run of 1,000 tasks goes on.
import { type LocalProduct, openLocalProduct } from "../../../src/local/local-platform.ts";
import { inWorkplace, median, percentile, timeRun, type Workplace } from "../measure.ts";
import { residentMiB, type Server, withServer } from "../server.ts";
import { fillHistory, HISTORY_FILE } from "./fill.ts";
import { LISTS } from "./lists.ts";
import { loadWhileRunning } from "./load.ts";

const FILES = { "history.ts": HISTORY_FILE };

/** Each listing is asked so often. */
const TIMES = 5;

/** With `seconds` of load. */
export async function benchHistory({
  runs,
  seconds,
}: {
  readonly runs: number;
  readonly seconds: number;
}) {
  return inWorkplace(FILES, async (full) => {
    await fillHistory(full);
    const history_ratio = await inWorkplace(FILES, (empty) => ratioOf(full, empty, runs));
    const listed = await withServer(full, async (server) => ({
      ...(await timeLists(server)),
      ...(await loadWhileRunning(server, { dagId: "fanout_1000", seconds })),
    }));
    return { ...listed, history_ratio };
  });
}

/** The p95 over all of them, and the memory of the server at its highest while they are asked. */
async function timeLists({ url, process }: Server) {
  const times: { readonly path: string; readonly ms: number }[] = [];
  let list_mib = 0;
  for (let round = 0; round <= TIMES; round += 1) {
    for (const path of LISTS) {
      const began = performance.now();
      const response = await fetch(`${url}${path}`);
      const text = await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
      // The first round loads what the operations need.
      if (round > 0) times.push({ path, ms: performance.now() - began });
      list_mib = Math.max(list_mib, await residentMiB(process));
    }
  }
  if (globalThis.process.env.BENCH_SLOWEST) reportSlowest(times);
  return {
    list_p95_ms: percentile(
      times.map(({ ms }) => ms),
      0.95,
    ),
    list_mib,
  };
}

function reportSlowest(times: readonly { readonly path: string; readonly ms: number }[]): void {
  const medians = LISTS.map((path) => ({
    path,
    ms: median(times.filter((each) => each.path === path).map(({ ms }) => ms)),
  }));
  for (const { path, ms } of medians.sort((a, b) => b.ms - a.ms).slice(0, 40)) {
    console.error(`${ms.toFixed(1).padStart(8)} ms ${path}`);
  }
}

/** Of a run of 40 tasks on the full database and one on the empty one, in turn. */
async function ratioOf(full: Workplace, empty: Workplace, runs: number): Promise<number> {
  const products = await Promise.all([full, empty].map(openProduct));
  try {
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < runs + 3; round += 1) {
      for (const [index, product] of products.entries()) {
        const { seconds } = await timeRun(product, "light");
        // The first ones warm up.
        if (round >= 3) times[index === 0 ? 0 : 1].push(seconds);
      }
    }
    return median(times[0]) / median(times[1]);
  } finally {
    for (const product of products) await product.close();
  }
}

async function openProduct({ home, dagsFolder }: Workplace): Promise<LocalProduct> {
  const product = await openLocalProduct({ home, dagsFolder });
  await product.processor.processFile("history.ts");
  await product.startScheduling();
  return product;
}
