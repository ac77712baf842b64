// Parallels within sequences within Parallels.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("nested", [
  task("start"),
  task("a1", ["start"]),
  task("a2", ["a1"]),
  task("a3", ["a1"]),
  task("b", ["start"]),
  task("end", ["a2", "a3", "b"]),
]);
