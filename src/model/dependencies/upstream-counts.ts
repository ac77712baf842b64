// The states of a task's direct upstream instances, counted as its trigger rule wants them.
import type { DagDocument, TaskDocument } from "../document.ts";
import { graphOf } from "../graph.ts";
import type { StatesOf } from "../states-by-task.ts";
import { countUpstream, type UpstreamCounts } from "./trigger-rules.ts";

/** Setups are told apart for the one rule that asks for them. */
export function countDirectUpstream(
  document: DagDocument,
  { triggerRule, upstream }: Pick<TaskDocument, "triggerRule" | "upstream">,
  statesOf: StatesOf,
): UpstreamCounts {
  if (triggerRule !== "all_done_setup_success") return countUpstream(upstream.flatMap(statesOf));
  const graph = graphOf(document);
  const instances = upstream.flatMap((taskId) => {
    const isSetup = graph.task(taskId)?.isSetup === true;
    return statesOf(taskId).map((state) => ({ state, isSetup }));
  });
  return countUpstream(
    instances.map(({ state }) => state),
    instances.map(({ isSetup }) => isSetup),
  );
}
