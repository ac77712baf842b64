// Ends what goes on for a task instance that people have cleared or marked: its try, its token, the
// wait for its next try.
import type { TaskInstanceRecord } from "../../model/records.ts";
import { isUnderWay } from "../../model/states.ts";
import type { ChangeContext } from "./control-context.ts";

/** `before` is the instance as it was. Repeating is safe. */
export async function releaseInstance(
  { runner, stateMachines }: Pick<ChangeContext, "runner" | "stateMachines">,
  before: TaskInstanceRecord,
  why: string,
): Promise<void> {
  const { dagId, runId, taskId, mapIndex, state, token } = before;
  const key = { dagId, runId, taskId, mapIndex };
  // Where tries run elsewhere, each looks by itself whether it is still wanted.
  if (isUnderWay(state)) runner.stop?.(key, why);
  if (state === "up_for_retry") await stateMachines.wake?.(key);
  if (token !== undefined) await stateMachines.release(token);
}
