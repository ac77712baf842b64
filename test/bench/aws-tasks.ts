// What a warm worker adds to each task on AWS, against DynamoDB Local: milliseconds outside of the
// handler, and DynamoDB's units. Bundles and logs are files here, so no request to S3 is in the
// figures.
import { createDynamoDbMetadata } from "../../src/aws/dynamodb/metadata.ts";
import { createProcessTaskRunner } from "../../src/aws/lambda/process-task-runner.ts";
import { startUserProcesses } from "../../src/aws/lambda/user-processes.ts";
import { openLocalProduct } from "../../src/local/local-platform.ts";
import type { Platform } from "../../src/ports/platform.ts";
import { createDagProcessor } from "../../src/services/dag-processing/dag-processor.ts";
import { createServices, type Services } from "../../src/services/services.ts";
import { startDynamoDbLocal } from "../aws/dynamodb/dynamodb-local.ts";
import { inWorkplace, median } from "./measure.ts";

const TASKS = 40;
const RUNS = 7;
const WARM_RUNS = 3;

/** A chain in which each task hands a value to the next. */
const FILE = `import { Dag } from "stepwind";
export const dag = new Dag("bench", { schedule: null });
let above = dag.task("t0", async () => 0)();
for (let i = 1; i < ${TASKS}; i++) above = dag.task("t" + i, async ({ n }) => n + 1)({ n: above });
`;

const FUNCTIONS = { worker: "worker", recorder: "recorder", triggerQueueUrl: "triggers" };

export async function benchAwsTasks() {
  return inWorkplace({ "bench.ts": FILE }, async ({ home, dagsFolder }) => {
    const server = await startDynamoDbLocal();
    const local = await openLocalProduct({ home, dagsFolder, inMemory: true });
    const pool = startUserProcesses();
    const used = { calls: 0, readUnits: 0, writeUnits: 0 };
    let perTask = { calls: 0, read: 0, write: 0 };
    const platform: Platform = {
      ...local.platform,
      metadata: createDynamoDbMetadata({
        client: server.connect(),
        tableName: await server.createTable(),
        onCapacity: (_, { readUnits, writeUnits }) => {
          used.calls += 1;
          used.readUnits += readUnits;
          used.writeUnits += writeUnits;
        },
      }),
      runner: createProcessTaskRunner({
        ...local.platform,
        pool,
        deadline: () => Date.now() + 900_000,
      }),
      stateMachines: {
        publish: async () => true,
        start: async () => "started",
        executionStatus: async () => "running",
        async stop() {},
        async release() {},
        async remove() {},
      },
      schedules: { async set() {}, async remove() {} },
    };
    try {
      const services = createServices(platform);
      const processor = createDagProcessor(platform, {
        functions: FUNCTIONS,
        dagsArePausedAtCreation: false,
        onDagChanged: async () => {},
      });
      await processor.processFile("bench.ts");
      const times: number[] = [];
      for (let index = 0; index < WARM_RUNS + RUNS; index += 1) {
        const taken = await runOnce(services);
        if (index >= WARM_RUNS) times.push(...taken);
      }
      return {
        aws_task_overhead_ms: median(times),
        aws_task_calls: perTask.calls,
        aws_task_read_units: perTask.read,
        aws_task_write_units: perTask.write,
      };
    } finally {
      await pool.close();
      await local.close();
      await server.stop();
    }

    /**
     * Calls the worker for each task as the state machine would; answers milliseconds of each call.
     */
    async function runOnce({ runControl, worker }: Services): Promise<readonly number[]> {
      const { dagId, runId } = await runControl.trigger({ dagId: "bench", triggeredBy: "test" });
      // Only what the tasks use counts.
      Object.assign(used, { calls: 0, readUnits: 0, writeUnits: 0 });
      const signal = new AbortController().signal;
      const taken: number[] = [];
      for (let index = 0; index < TASKS; index += 1) {
        const begin = performance.now();
        await worker.execute({ dagId, runId, clearNumber: 0, taskId: `t${index}` }, signal);
        taken.push(performance.now() - begin);
      }
      perTask = {
        calls: used.calls / TASKS,
        read: used.readUnits / TASKS,
        write: used.writeUnits / TASKS,
      };
      const records = await platform.metadata.taskInstances.list({ dagId, runId });
      if (records.some(({ state }) => state !== "success")) throw new Error("The run failed");
      return taken;
    }
  });
}
