// What waits for the previous run has a gate, in the order that it would have anyway.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("depends_on_past", [
  task("print_hello"),
  task("print_world", ["print_hello"], { dependsOnPast: true }),
  task("report", ["print_world"], { waitForDownstream: true }),
]);
