// Which try a call belongs to.
import type { CallbackCall, TaskCall } from "../../model/task-call.ts";
import type { TryKey } from "../../ports/task-logs.ts";

/** The try whose log the call writes to. */
export function tryKeyOf(call: TaskCall | CallbackCall): TryKey {
  const { dagId, runId, taskId = "", mapIndex, tryNumber } = "call" in call ? call.call : call;
  return { dagId, runId, taskId, mapIndex, tryNumber };
}
