// A DAG with failFast ends at its first task that fails for good: what runs is stopped and fails,
// what has not begun is skipped; teardowns and what has ended stay (Airflow: taskinstance.py,
// _stop_remaining_tasks).
import { selectInstances } from "../../model/control/select-instances.ts";
import { graphOf } from "../../model/graph.ts";
import type { TaskInstanceRecord } from "../../model/records.ts";
import { isFinished, isUnderWay } from "../../model/states.ts";
import type { Platform } from "../../ports/platform.ts";
import { markInstance } from "../control/apply-mark.ts";
import { forEachInParallel } from "../control/control-context.ts";
import { type Ended, toEnded } from "./see-instance.ts";
import type { RunScope } from "./verdicts.ts";

type FailFastContext = Pick<Platform, "clock" | "metadata" | "stateMachines"> & {
  readonly runner: Pick<Platform["runner"], "stop">;
};

/**
 * Ends the other tasks of the run. Answers all instances of the run that have ended, whoever ended
 * them: their gates may still wait. Repeating is safe.
 */
export async function endOthers(
  context: FailFastContext,
  { run, version: { document } }: RunScope,
  failed: Pick<TaskInstanceRecord, "taskId">,
): Promise<readonly Ended[]> {
  const { dagId, runId } = run;
  const graph = graphOf(document);
  const records = await context.metadata.taskInstances.list({ dagId, runId });
  const ended = records.map(toEnded).filter((each) => each !== undefined);
  await forEachInParallel(
    selectInstances(run, document, { selection: {}, records }),
    async ({ key, record, state: shared }) => {
      const task = graph.task(key.taskId);
      // Airflow leaves the other instances of the task that failed alone.
      if (!task || task.isTeardown || key.taskId === failed.taskId) return;
      const marked = await markInstance(context, key, {
        known: record,
        shared,
        maxTries: task.retries,
        stateFor(state) {
          if (isFinished(state)) return undefined;
          return isUnderWay(state) ? "failed" : "skipped";
        },
      });
      const end = marked && toEnded(marked);
      if (end) ended.push(end);
    },
  );
  return ended;
}
