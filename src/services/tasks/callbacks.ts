// Callbacks of tasks and DAGs. They run apart, after what they tell of is recorded, so that nothing
// waits for them; what they throw is logged only (Airflow: callbacks run in the worker after the
// state is reported).
import type { RunDeadline } from "../../model/deadlines/records.ts";
import { deadlineId } from "../../model/deadlines/run-deadlines.ts";
import type { CallbackKind } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { DagRunRecord, TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import { findCause } from "../../model/scheduling/run-causes.ts";
import type { TaskInstanceState } from "../../model/states.ts";
import type { CallbackCall, CallbackReason, TaskError } from "../../model/task-call.ts";
import type { Platform } from "../../ports/platform.ts";
import type { TryKey } from "../../ports/task-logs.ts";
import { callForRun } from "./task-call-inputs.ts";
import { createTaskServices } from "./task-services.ts";
import type { RunScope } from "./verdicts.ts";

export interface Callbacks {
  /** Starts the callbacks that the task has for the state that its try ended in. */
  afterTry(scope: RunScope, ended: TaskInstanceRecord, error: TaskError | undefined): void;
  /**
   * Starts the DAG's callbacks for the run, which has ended; `instances` are its task instances as
   * they were when that was decided.
   */
  afterRun(scope: RunScope, reason: CallbackReason, instances: readonly TaskInstanceRecord[]): void;
  /** Starts the callback of the alert whose deadline the run has missed. */
  afterDeadline(scope: RunScope, missed: RunDeadline): void;
  /** Resolves when all that were started have ended. */
  settled(): Promise<void>;
}

const KINDS: Partial<Record<TaskInstanceState, Exclude<CallbackKind, "execute">>> = {
  success: "success",
  skipped: "skipped",
  failed: "failure",
  up_for_retry: "retry",
};

/** Lines of a DAG's callbacks that are told. */
const MOST_TOLD = 100;

export function createCallbacks(platform: Platform): Callbacks {
  const open = new Set<Promise<void>>();

  function start(scope: RunScope, key: TaskInstanceKey, call: CallbackCall): void {
    const { dagId, taskId } = key;
    const { role } = scope.version.document;
    const running = platform.runner
      .runCallbacks(call, {
        bundleHash: scope.version.bundleHash,
        services: createTaskServices(platform, key),
        ...(role === undefined ? {} : { role }),
      })
      .then(() => (taskId === "" ? tell({ ...key, tryNumber: call.call.tryNumber }) : undefined))
      .catch((problem: unknown) => {
        const whose = taskId === "" ? `DAG "${dagId}"` : `task "${taskId}" of DAG "${dagId}"`;
        platform.report.error(
          `The ${call.kind} callbacks of ${whose} did not run: ${String(problem)}`,
        );
      })
      .finally(() => open.delete(running));
    open.add(running);
  }

  /**
   * The log of a DAG's callbacks belongs to no task, so the product's own log has what they wrote,
   * too.
   */
  async function tell(key: TryKey): Promise<void> {
    const { dagId, runId } = key;
    const { logs, report } = platform;
    const { entries } = await logs.read(key);
    for (const { level, event } of entries.slice(0, MOST_TOLD)) {
      const message = `Callback of run "${runId}" of DAG "${dagId}": ${event}`;
      if (level === "error" || level === "critical") report.error(message);
      else report.info(message, { kind: "callback-wrote", dagId, runId, callback: event });
    }
  }

  return {
    afterTry(scope, ended, error) {
      const { taskId, mapIndex, state, tryNumber, maxTries } = ended;
      const kind = state === null ? undefined : KINDS[state];
      const task = graphOf(scope.version.document).task(taskId);
      if (!kind || !task?.callbacks.includes(kind)) return;
      const call = { ...callForRun(scope), taskId, tryNumber, maxTries, mapIndex };
      start(scope, instanceKey(scope.run, ended), { call, kind, ...(error ? { error } : {}) });
    },

    afterRun(scope, reason, instances) {
      const kind = runKind(scope.run);
      if (!scope.version.document.callbacks.includes(kind)) return;
      // Each end of a run has a log of its own.
      const tryNumber = scope.run.clearNumber + 1;
      const key = instanceKey(scope.run, { taskId: "" });
      const call = { ...callForRun(scope), tryNumber, maxTries: 0, mapIndex: key.mapIndex };
      const cause = findCause(scope.version.document, reason, instances);
      const lastTi = cause && pickTi(cause);
      const told = { reason, runState: scope.run.state, ...(lastTi ? { lastTi } : {}) };
      start(scope, key, { call, kind, ...told });
    },

    afterDeadline(scope, missed) {
      // The callback of each alert has a log of its own.
      const key = instanceKey(scope.run, { taskId: "", mapIndex: missed.alert });
      const tryNumber = scope.run.clearNumber + 1;
      const call = { ...callForRun(scope), tryNumber, maxTries: 0, mapIndex: missed.alert };
      const deadline = toMissed(scope.run, missed);
      start(scope, key, { call, kind: "deadline", deadline, runState: scope.run.state });
    },

    async settled() {
      while (open.size > 0) await Promise.all(open);
    },
  };
}

function toMissed(run: DagRunRecord, missed: RunDeadline): NonNullable<CallbackCall["deadline"]> {
  const { alert, name, deadlineTime } = missed;
  const id = deadlineId(run, missed);
  return { alert, id, ...(name === undefined ? {} : { name }), deadlineTime };
}

function pickTi({
  taskId,
  tryNumber,
  maxTries,
  mapIndex,
}: NonNullable<ReturnType<typeof findCause>>) {
  return { taskId, tryNumber, maxTries, mapIndex };
}

function runKind({ state }: DagRunRecord): "success" | "failure" {
  return state === "success" ? "success" : "failure";
}
