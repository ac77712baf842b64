// The alarm fires at the first failure, so it waits at a gate beside the chain; the last task waits for all.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("one_failed_alarm", [
  task("extract"),
  task("load", ["extract"]),
  task("alarm", ["extract", "load"], { triggerRule: "one_failed" }),
]);
