// A branch with a case that goes straight to the join: the usual pipeline, without a gate.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("branch_join", [
  task("choose", [], {
    operator: "@task.branch",
    decision: { kind: "branch", cases: { full: ["full"], delta: ["delta"], none: ["join"] } },
  }),
  task("full", ["choose"]),
  task("delta", ["choose"]),
  task("join", ["choose", "full", "delta"], { triggerRule: "none_failed_min_one_success" }),
  task("report", ["join"], { triggerRule: "all_done" }),
]);
