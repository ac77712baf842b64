// The metadata for services that change states: slots that a change gives back go to those who wait
// for them, whoever makes the change.
import type { TaskInstanceRecord } from "../../model/records.ts";
import type { Metadata, TaskInstanceChange } from "../../ports/metadata.ts";
import type { Limits } from "./limits.ts";

/** The same stores; giving out does not fail a change. */
export function createGivingMetadata(metadata: Metadata, { giveOut }: Limits): Metadata {
  const { taskInstances } = metadata;
  return {
    ...metadata,
    taskInstances: {
      ...taskInstances,
      async update(change) {
        const changed = await taskInstances.update(change);
        if (changed) await giveOut(freedBy(change, changed));
        return changed;
      },
    },
  };
}

function freedBy({ set }: TaskInstanceChange, { freed }: TaskInstanceRecord): readonly string[] {
  return "state" in set ? (freed ?? []) : [];
}
