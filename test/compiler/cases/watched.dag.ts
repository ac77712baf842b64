// The cleanup waits for all three itself, so that the load's early verdict makes no difference: no gate.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("watched", [
  task("a"),
  task("b"),
  task("load", ["a", "b"]),
  task("cleanup", ["a", "b", "load"], { triggerRule: "all_done" }),
]);
