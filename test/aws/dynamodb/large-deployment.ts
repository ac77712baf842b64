// A deployment with any number of DAGs over DynamoDB, to count what one file, one plan and one
// request cost in it. Code is bundled and loaded here; machines and schedules are not made.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createApiServer } from "../../../src/api/api-server.ts";
import { createDynamoDbMetadata } from "../../../src/aws/dynamodb/metadata.ts";
import { openLocalProduct } from "../../../src/local/local-platform.ts";
import { keptFactsOf } from "../../../src/model/summaries/dag-facts.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import type { Platform } from "../../../src/ports/platform.ts";
import { createDagProcessor } from "../../../src/services/dag-processing/dag-processor.ts";
import { createServices } from "../../../src/services/services.ts";
import { dagRecord, dagVersion } from "../../contract/records.ts";
import { dagDocument, taskDocument } from "../../model/documents.ts";
import type { DynamoDbServer } from "./dynamodb-local.ts";

export interface Cost {
  readonly calls: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly seconds: number;
}

export interface LargeDeployment {
  /** Records so many DAGs, each in a file of its own that imports a helper of ten. */
  fill(count: number): Promise<void>;
  /** Processes the file of a DAG of its own with the changed result, as its upload would. */
  processFile(result: number): Promise<Cost>;
  plan(dagId: string): Promise<Cost>;
  /** GET of a path below /api/v2, or below /ui. */
  ask(path: string): Promise<Cost>;
  readonly metadata: Metadata;
  close(): Promise<void>;
}

/** Files recorded at the same time. */
const PARALLEL = 40;

export async function openLargeDeployment(
  server: DynamoDbServer,
  { home, dagsFolder }: { readonly home: string; readonly dagsFolder: string },
): Promise<LargeDeployment> {
  const local = await openLocalProduct({ home, dagsFolder, inMemory: true });
  const used = { calls: 0, readUnits: 0, writeUnits: 0 };
  const metadata = createDynamoDbMetadata({
    client: server.connect(),
    tableName: await server.createTable(),
    onCapacity: (_, { readUnits, writeUnits }) => {
      used.calls += 1;
      used.readUnits += readUnits;
      used.writeUnits += writeUnits;
    },
  });
  const platform: Platform = {
    ...local.platform,
    metadata,
    stateMachines: {
      publish: async () => true,
      start: async () => "started",
      executionStatus: async () => "running",
      async stop() {},
      async leave() {},
      async release() {},
      async remove() {},
    },
    schedules: { async set() {}, async remove() {} },
  };
  const services = createServices(platform);
  const api = createApiServer(platform, services);
  const processor = createDagProcessor(platform, {
    functions: { worker: "worker", recorder: "recorder", triggerQueueUrl: "triggers" },
    dagsArePausedAtCreation: false,
    onDagChanged: services.scheduler.schedule,
  });

  async function cost(work: () => Promise<unknown>): Promise<Cost> {
    Object.assign(used, { calls: 0, readUnits: 0, writeUnits: 0 });
    const began = performance.now();
    await work();
    return { ...used, seconds: (performance.now() - began) / 1_000 };
  }

  async function record(index: number): Promise<void> {
    const dagId = `dag_${index}`;
    const file = `${dagId}.ts`;
    const document = dagDocument({ dagId, tasks: [taskDocument("a")] });
    const facts = keptFactsOf(document);
    await metadata.versions.create(dagVersion({ dagId, file, document }));
    await metadata.files.put({
      file,
      bundleHash: "bundle-1",
      imports: [`lib/helper_${index % 10}.ts`],
      dagIds: [dagId],
      diagnostics: [],
      processedAt: "2026-01-01T00:00:00.000Z",
    });
    await metadata.dags.put(dagRecord({ dagId, file, newestVersion: 1, ...(facts && { facts }) }));
  }

  return {
    metadata,
    async fill(count) {
      const queue = Array.from({ length: count }, (_, index) => index).values();
      const rows = Array.from({ length: PARALLEL }, async () => {
        for (const index of queue) await record(index);
      });
      await Promise.all(rows);
    },
    async processFile(result) {
      const text = `import { Dag } from "stepwind";
export const dag = new Dag("mine", { schedule: null });
dag.task("t", async () => ${result})();
`;
      await writeFile(join(dagsFolder, "mine.ts"), text);
      return cost(() => processor.processChanged(["mine.ts"]));
    },
    plan: (dagId) => cost(() => services.scheduler.schedule(dagId)),
    ask: (path) =>
      cost(async () => {
        const response = await api.request(path.startsWith("/ui/") ? path : `/api/v2${path}`);
        if (!response.ok && response.status !== 304)
          throw new Error(`${path}: ${await response.text()}`);
      }),
    close: () => local.close(),
  };
}
