// What a worker sends to user code: ids, the run's dates, params and the values of the tasks that
// it reads.
import type { TaskDocument } from "../../model/document.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { TaskCall } from "../../model/task-call.ts";
import type { Json } from "../../model/values/json.ts";
import type { Platform } from "../../ports/platform.ts";
import type { InstanceScope, RunScope } from "./verdicts.ts";
import { RETURN_VALUE, readXCom } from "./xcom-values.ts";

/** The run's part of a call: the same for its tasks and for its DAG's callbacks. */
export function callForRun({
  run,
  version,
}: RunScope): Pick<TaskCall, "dagId" | "runId" | "run" | "params"> {
  const defaults: Record<string, Json> = {};
  for (const [name, param] of Object.entries(version.document.params)) {
    if (param.default !== undefined) defaults[name] = param.default;
  }
  return {
    dagId: run.dagId,
    runId: run.runId,
    run: {
      runType: run.runType,
      logicalDate: run.logicalDate,
      dataIntervalStart: run.dataIntervalStart,
      dataIntervalEnd: run.dataIntervalEnd,
      runAfter: run.runAfter,
      startDate: run.startDate ?? null,
      conf: run.conf,
    },
    params: { ...defaults, ...run.conf },
  };
}

/** One try of a task instance. */
export function callForTask(
  instance: InstanceScope,
  rest: Pick<TaskCall, "tryNumber" | "maxTries" | "reads">,
): TaskCall {
  const { taskId, mapIndex } = instance.key;
  return { ...callForRun(instance), ...rest, taskId, mapIndex };
}

/** What the task's upstreams returned, as `TaskCall.reads` has it. */
export async function readInputs(
  platform: Platform,
  run: Pick<TaskCall, "dagId" | "runId">,
  { reads }: TaskDocument,
): Promise<TaskCall["reads"]> {
  const found: Record<string, string> = {};
  await Promise.all(
    reads.map(async (taskId) => {
      const value = await readXCom(platform, instanceKey(run, { taskId }), RETURN_VALUE);
      if (value !== undefined) found[taskId] = value;
    }),
  );
  return found;
}
