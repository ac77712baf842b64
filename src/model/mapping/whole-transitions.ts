// What happens to a mapped task as a whole, in its record with index -1, besides what happens to
// any instance: see instances.ts and ../task-instance.ts.
import type { MappingRecord } from "../records.ts";
import type { TaskInstanceTransition } from "../task-instance.ts";
import { toIso } from "../values/time.ts";

interface Moment {
  /** Epoch ms. */
  readonly now: number;
}

/**
 * The task is expanded (Airflow: TaskMap.expand_mapped_task). Its record is no instance from then
 * on, which whoever doesn't know sees as one that was removed.
 */
export function expand(mapping: MappingRecord): TaskInstanceTransition {
  return { from: [null, "scheduled"], set: { state: "removed", mapping } };
}

/** The engine's token of a task that has not ended as a whole; its state stays. */
export function holdWhole({
  token,
  now,
}: Moment & { readonly token: string }): TaskInstanceTransition {
  return { from: [null, "scheduled", "removed"], set: { token, heldAt: toIso(now) } };
}

/** It would have more instances than there may be. */
export function failWhole({
  message,
  now,
}: Moment & { readonly message: string }): TaskInstanceTransition {
  const at = toIso(now);
  return {
    from: [null, "scheduled"],
    set: { state: "failed", message, startDate: at, endDate: at },
  };
}

/** An instance with an index that the task has no more, whatever has become of it. */
export function removeInstance({ now }: Moment): TaskInstanceTransition {
  return {
    from: [
      null,
      "scheduled",
      "up_for_retry",
      "up_for_reschedule",
      "success",
      "failed",
      "skipped",
      "upstream_failed",
    ],
    set: { state: "removed", endDate: toIso(now), message: "the mapping has become shorter" },
  };
}
