// What a task costs on AWS besides its handler, against DynamoDB Local: milliseconds of a warm
// worker, DynamoDB's units, and by AWS's price list the price of a million tasks of one second. Once
// as the worker runs it ("shared"), and once over the Execution API ("isolated"), whose messages are
// calls within this process: what Lambda takes for a call is assumed. Bundles and logs are files.
import { createDynamoDbMetadata } from "../../src/aws/dynamodb/metadata.ts";
import { createProcessTaskRunner } from "../../src/aws/lambda/process-task-runner.ts";
import { startUserProcesses } from "../../src/aws/lambda/user-processes.ts";
import { openLocalProduct } from "../../src/local/local-platform.ts";
import type { Platform } from "../../src/ports/platform.ts";
import { createDagProcessor } from "../../src/services/dag-processing/dag-processor.ts";
import { createServices, type Services } from "../../src/services/services.ts";
import type { Worker } from "../../src/services/tasks/worker.ts";
import { startDynamoDbLocal } from "../aws/dynamodb/dynamodb-local.ts";
import { apartFrom } from "../reference/split-worker.ts";
import { inWorkplace, median } from "./measure.ts";

const TASKS = 40;
const RUNS = 7;
const WARM_RUNS = 3;

/** A chain in which each task hands a value to the next. */
const FILE = `import { Dag } from "stepwind";
export const dag = new Dag("bench", { schedule: null, maxActiveRuns: 1_000 });
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
        async leave() {},
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
      return {
        ...toFigures("aws_task", await measureTasks(services, services.worker.execute)),
        ...(await measureIsolated(services)),
      };
    } finally {
      await pool.close();
      await local.close();
      await server.stop();
    }

    async function measureIsolated(services: Services) {
      const { worker } = services;
      let apiMs = 0;
      const timed = async <T>(work: () => Promise<T>): Promise<T> => {
        const begin = performance.now();
        try {
          return await work();
        } finally {
          apiMs += performance.now() - begin;
        }
      };
      const watched: Worker = {
        execute: worker.execute,
        begin: (event, signal) => timed(() => worker.begin(event, signal)),
        end: (ended, signal) => timed(() => worker.end(ended, signal)),
      };
      const measured = await measureTasks(services, apartFrom(watched, platform));
      const halves = apiMs / (TASKS * (WARM_RUNS + RUNS));
      return toFigures("aws_isolated_task", measured, halves);
    }

    async function measureTasks(services: Services, execute: Worker["execute"]): Promise<Measured> {
      const times: number[] = [];
      for (let index = 0; index < WARM_RUNS + RUNS; index += 1) {
        const taken = await runOnce(services, execute);
        if (index >= WARM_RUNS) times.push(...taken);
      }
      const { calls, readUnits, writeUnits } = used;
      return {
        overheadMs: median(times),
        calls: calls / TASKS,
        readUnits: readUnits / TASKS,
        writeUnits: writeUnits / TASKS,
      };
    }

    /** Runs each task as the state machine would; answers milliseconds of each call. */
    async function runOnce(
      { runControl }: Services,
      execute: Worker["execute"],
    ): Promise<readonly number[]> {
      const { dagId, runId } = await runControl.trigger({ dagId: "bench", triggeredBy: "test" });
      // Only what the tasks of the last run use counts.
      Object.assign(used, { calls: 0, readUnits: 0, writeUnits: 0 });
      const signal = new AbortController().signal;
      const taken: number[] = [];
      for (let index = 0; index < TASKS; index += 1) {
        const begin = performance.now();
        await execute({ dagId, runId, clearNumber: 0, taskId: `t${index}` }, signal);
        taken.push(performance.now() - begin);
      }
      const counted = { ...used };
      const records = await platform.metadata.taskInstances.list({ dagId, runId });
      const done = records.filter(({ state }) => state === "success");
      if (done.length !== TASKS) throw new Error("The run failed");
      Object.assign(used, counted);
      return taken;
    }
  });
}

interface Measured {
  readonly overheadMs: number;
  readonly calls: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

/** AWS's prices in us-east-1, arm64 and on demand, in $ per million. */
const PRICES = {
  transition: 25,
  request: 0.2,
  gigabyteSecond: 13.3334,
  readUnit: 0.125,
  writeUnit: 0.625,
  /** A log, as one object. */
  s3Put: 5,
};
/** Seconds that the task itself takes. */
const TASK_SECONDS = 1;
/** Gigabytes of the function that serves the Execution API. */
const API_GIGABYTES = 1_769 / 1_024;
/** What a synchronous call of a warm function adds to the work in it, for its caller: assumed. */
const CALL_MS = 8;

/** `halvesMs`: what begin and end of a task take where another function does them. */
function toFigures(name: string, measured: Measured, halvesMs?: number): Record<string, number> {
  const { calls, readUnits, writeUnits } = measured;
  const isIsolated = halvesMs !== undefined;
  const apiMs = halvesMs ?? 0;
  const overheadMs = measured.overheadMs + (isIsolated ? 2 * CALL_MS : 0);
  const taskSeconds = TASK_SECONDS + overheadMs / 1_000;
  const price =
    PRICES.transition +
    (isIsolated ? 3 : 1) * PRICES.request +
    PRICES.gigabyteSecond * (taskSeconds + API_GIGABYTES * (apiMs / 1_000)) +
    PRICES.readUnit * readUnits +
    PRICES.writeUnit * writeUnits +
    PRICES.s3Put;
  return {
    [`${name}_overhead_ms`]: overheadMs,
    [`${name}_calls`]: calls,
    [`${name}_read_units`]: readUnits,
    [`${name}_write_units`]: writeUnits,
    [`${name}s_usd_per_million`]: price,
  };
}
