// The process of an isolated import: a loader with one thread. It ends with its import, or with the
// server.
import { createTaskProcesses } from "../../../workers/pool/task-processes.ts";
import { createThreadDagLoader } from "../thread-dag-loader.ts";
import type { IsolatedLoad, LoadResult } from "./load-messages.ts";

async function load({ url, hash, file, ...settings }: IsolatedLoad): Promise<LoadResult> {
  const bundles = { put: async () => {}, has: async () => true, url: async () => url };
  const processes = createTaskProcesses();
  const loader = createThreadDagLoader({ bundles, processes, ...settings });
  try {
    return await loader.load({ hash, file });
  } finally {
    await loader.close();
    await processes.close();
  }
}

process.once("disconnect", () => process.exit(1));
process.once("message", async (request: IsolatedLoad) => {
  const result = await load(request);
  process.send?.(result, () => process.exit(0));
});
