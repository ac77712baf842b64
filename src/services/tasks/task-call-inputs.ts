// What a worker sends to user code: ids, the run's dates, params and the values of the tasks that it reads.
import type { TaskDocument } from "../../model/document.ts";
import type { TaskCall } from "../../model/task-call.ts";
import type { Json } from "../../model/values/json.ts";
import type { Platform } from "../../ports/platform.ts";
import type { RunScope } from "./verdicts.ts";
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

/** One try of a task. */
export function callForTask(
  scope: RunScope,
  { taskId }: TaskDocument,
  rest: Pick<TaskCall, "tryNumber" | "maxTries" | "reads">,
): TaskCall {
  return { ...callForRun(scope), ...rest, taskId, mapIndex: -1 };
}

/** What the task's upstreams returned, as `TaskCall.reads` has it. */
export async function readInputs(
  platform: Platform,
  { dagId, runId }: Pick<TaskCall, "dagId" | "runId">,
  { reads }: TaskDocument,
): Promise<TaskCall["reads"]> {
  const found: Record<string, string> = {};
  await Promise.all(
    reads.map(async (taskId) => {
      const key = { dagId, runId, taskId, mapIndex: -1 };
      const value = await readXCom(platform, key, RETURN_VALUE);
      if (value !== undefined) found[taskId] = value;
    }),
  );
  return found;
}
