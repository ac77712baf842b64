// One, then two side by side, then one; the edge from first to last adds nothing.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("diamond", [
  task("top"),
  task("left", ["top"]),
  task("right", ["top"]),
  task("bottom", ["left", "right", "top"]),
]);
