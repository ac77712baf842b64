// Two layers in which everyone waits for everyone: Parallels in sequence.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("fan_out", [
  task("a"),
  task("b"),
  task("c", ["a", "b"]),
  task("d", ["a", "b"]),
  task("e", ["a", "b"]),
]);
