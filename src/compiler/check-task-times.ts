// What the place where tasks run allows: a Lambda function ends after 15 minutes at most. No pass
// of the compiler, since it is told each time that a file is processed, also of a version that is
// compiled already.
import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagDocument } from "../model/document.ts";

/** Lambda quotas: the timeout of a function, in seconds. */
const LONGEST_FUNCTION = 900;

/**
 * Warns of tasks that may take longer than the worker may, in seconds; of none when that has no
 * limit. Only a warning: a timeout is the most that a task may take, and most end long before.
 */
export function checkTaskTimes(
  { dagId, tasks }: DagDocument,
  longestTask: number | undefined,
): readonly Diagnostic[] {
  if (longestTask === undefined) return [];
  const hint =
    longestTask < LONGEST_FUNCTION
      ? `Raise the worker's timeout (prop "worker.timeout" of the construct, ${LONGEST_FUNCTION} seconds at most)`
      : "Start longer work elsewhere (ECS, Batch, Glue, a query in the warehouse) and wait for its end with a sensor, or split it";
  return tasks.flatMap(({ taskId, executionTimeout }) =>
    executionTimeout === undefined || executionTimeout <= longestTask
      ? []
      : [
          {
            code: "timeout-too-long",
            severity: "warning",
            dagId,
            taskId,
            message: `Task "${taskId}" of DAG "${dagId}" has an executionTimeout of ${executionTimeout} seconds, but the function that runs it is ended after ${longestTask}`,
            hint,
          } satisfies Diagnostic,
        ],
  );
}
