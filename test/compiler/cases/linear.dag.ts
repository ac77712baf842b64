// A chain: one state after the other, no Parallel, no gate.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("linear", [
  task("extract"),
  task("transform", ["extract"]),
  task("load", ["transform"]),
]);
