// A process in the worker function's place: runs the tasks that its argument asks for, and answers
// on stdout what they came to and what was logged. Other output, which must be none, is in front of
// it.
import { pathToFileURL } from "node:url";
import { createProcessTaskRunner } from "../../src/aws/lambda/process-task-runner.ts";
import { startUserProcesses } from "../../src/aws/lambda/user-processes.ts";
import type { LogEntry } from "../../src/model/records.ts";
import { MANUAL_RUN, NO_SERVICES } from "./call-parts.ts";

interface Asked {
  /** The bundle's file. */
  readonly bundle: string;
  readonly taskIds: readonly string[];
  /** Of each task. */
  readonly timeout?: number;
  /** Seconds until the function's time is over. */
  readonly left?: number;
}

const { bundle, taskIds, timeout, left = 900 }: Asked = JSON.parse(process.argv[2] ?? "");
const write = process.stdout.write.bind(process.stdout);
const batches: (readonly LogEntry[])[] = [];
const end = Date.now() + left * 1_000;
const pool = startUserProcesses();
const runner = createProcessTaskRunner({
  pool,
  bundles: { url: async () => pathToFileURL(bundle).href },
  logs: {
    append: async (_, entries) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      batches.push(entries);
    },
  },
  deadline: () => end,
});

const outcomes: unknown[] = [];
for (const taskId of taskIds) {
  // As Lambda does before each call.
  process.env._X_AMZN_TRACE_ID = `Root=of-${taskId}`;
  const call = {
    dagId: "etl",
    taskId,
    runId: "manual__1",
    tryNumber: 1,
    maxTries: 0,
    mapIndex: -1,
  };
  const { signal } = new AbortController();
  const slot = await runner.reserve({
    instance: call,
    bundleHash: "b1",
    signal,
    priority: () => 0,
  });
  const options = { bundleHash: "b1", signal, services: NO_SERVICES };
  outcomes.push(
    await slot?.run(
      { ...call, run: MANUAL_RUN, params: {}, reads: {} },
      { ...options, ...(timeout === undefined ? {} : { timeout }) },
    ),
  );
  slot?.release();
}
await runner.settled();
await pool.close();
console.log("outside of any task");
write(`\n${JSON.stringify({ outcomes, batches })}\n`);
process.exit();
