// Looks at a mapped task as a whole, which may not have been expanded, and ends it with all
// instances that it has kept from before it was cleared if its dependencies say so.
import type { FinishedState } from "../../model/states.ts";
import { askInstance, type PropagationContext, type Seen, toSeen } from "../tasks/see-instance.ts";
import type { InstanceScope } from "../tasks/verdicts.ts";
import { endTask } from "./end-task.ts";

/** `ended` is the state of the upstream whose end is the reason to look, if it is one. */
export async function seeWhole(
  context: PropagationContext,
  whole: InstanceScope,
  ended?: FinishedState,
): Promise<Seen> {
  return toSeen(await askInstance(context, whole, ended), (verdict) =>
    endTask(context, whole, verdict),
  );
}
