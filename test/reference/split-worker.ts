// The worker whose tries run apart from it, by the messages of the Execution API: each is begun by
// one, run here, and ended by another.
import type { Platform } from "../../src/ports/platform.ts";
import { createCapabilities } from "../../src/services/execution-api/capabilities.ts";
import { createExecutionApi } from "../../src/services/execution-api/execution-api.ts";
import type { Worker } from "../../src/services/tasks/worker.ts";
import { RetryLater } from "../../src/services/tasks/worker-events.ts";
import { runTaskApart } from "../../src/workers/apart/run-task.ts";
import { createSentLogs } from "../../src/workers/apart/sent-logs.ts";

/** Seconds. */
const A_WEEK = 604_800;

/** Does what `worker.execute` does, over the Execution API and the platform's runner. */
export function apartFrom(worker: Worker, platform: Platform): Worker["execute"] {
  const capabilities = createCapabilities({
    key: async () => Buffer.alloc(32, 7),
    now: platform.clock.now,
  });
  const bundleUrl = async (hash: string) => `https://bundles.example/${hash}`;
  // Scripts don't keep to the limit of workers, which is the triggerer's only.
  const patient = { ...platform, runner: { ...platform.runner, limit: A_WEEK } };
  const api = createExecutionApi(patient, { worker, capabilities, bundleUrl, rights: {} });
  const logs = createSentLogs({ api, onLost: (problem) => platform.report.error(String(problem)) });
  const { runner, clock } = platform;
  const report = { warn() {} };
  const parts = { api, runner, logs, clock, report, deadline: () => Infinity, onCapability() {} };
  return async (event, signal) => {
    const { dagId, runId, clearNumber } = event;
    const signature = await capabilities.signExecution({ dagId, runId, clearNumber });
    const answer = await runTaskApart(parts, { ...event, signature }, signal);
    if (answer.kind === "again") throw new RetryLater(answer.name, answer.message);
  };
}
