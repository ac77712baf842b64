// What a worker sends to user code: ids, the run's dates, params and the values of the tasks that it reads.
import type { TaskDocument } from "../model/document.ts";
import type { Json } from "../model/json.ts";
import type { TaskCall } from "../model/task-call.ts";
import type { Platform } from "../ports/platform.ts";
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

/** One try of a task, with the upstream values that it reads. */
export async function callForTask(
  platform: Platform,
  scope: RunScope,
  task: TaskDocument,
  tries: Pick<TaskCall, "tryNumber" | "maxTries">,
): Promise<TaskCall> {
  const { dagId, runId } = scope.run;
  const values = await Promise.all(
    task.reads.map((taskId) =>
      readXCom(platform, { dagId, runId, taskId, mapIndex: -1 }, RETURN_VALUE),
    ),
  );
  const reads: Record<string, string> = {};
  for (const [index, taskId] of task.reads.entries()) {
    const value = values[index];
    if (value !== undefined) reads[taskId] = value;
  }
  return { ...callForRun(scope), ...tries, taskId: task.taskId, mapIndex: -1, reads };
}
