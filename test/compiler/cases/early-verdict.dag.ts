// When "a" fails, "load" is upstream_failed at once and the cleanups start, whatever "b" still does. So "load" waits at a
// gate beside "a" and "b", and the cleanups come after it without any.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("early_verdict", [
  task("a"),
  task("b"),
  task("load", ["a", "b"]),
  task("clean_disk", ["load"], { triggerRule: "all_done" }),
  task("clean_queue", ["load"], { triggerRule: "all_done" }),
]);
