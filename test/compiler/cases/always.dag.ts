// Rule `always` waits for nothing, so it starts with the run though an edge is drawn.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("always", [
  task("work"),
  task("announce", ["work"], { triggerRule: "always" }),
]);
