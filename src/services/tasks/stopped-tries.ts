// Whether a try that runs is still wanted: its task may have been cleared or marked meanwhile.
import type { Platform } from "../../ports/platform.ts";
import type { TryKey } from "../../ports/task-logs.ts";

/** Why the try is to end; undefined while it is wanted. Costs one read. */
export async function whyUnwanted(
  { metadata }: { readonly metadata: Pick<Platform["metadata"], "taskInstances"> },
  { dagId, runId, taskId, mapIndex, tryNumber }: TryKey,
): Promise<string | undefined> {
  const known = await metadata.taskInstances.get({ dagId, runId, taskId, mapIndex });
  if (!known) return "its run was deleted";
  if (known.tryNumber !== tryNumber) return "another try has taken its place";
  if (known.state === "running") return undefined;
  return known.state === "restarting" ? "it was cleared" : (known.message ?? "it has ended");
}
