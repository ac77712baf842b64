// The smallest DAG that doesn't nest: "d" waits for both, "c" for one. One task gets a gate.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("n_shape", [
  task("a"),
  task("b"),
  task("c", ["a"]),
  task("d", ["a", "b"]),
]);
