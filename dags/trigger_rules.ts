// What runs after a success, a skip and a failure: a task for each of eight trigger rules. Trigger it
// by hand and look at the states. The run succeeds, although tasks fail: its last task runs whatever
// happened, and the last tasks of a run decide on its state.
import { Dag, SkipTask } from "stepwind";
import { empty } from "stepwind/operators";

export const dag = new Dag("trigger_rules", { schedule: null, tags: ["example"] });

const succeeds = dag.task("succeeds", async () => "fine")();
const skips = dag.task("skips", async () => {
  throw new SkipTask("nothing to do today");
})();
const fails = dag.task("fails", async () => {
  throw new Error("broken on purpose");
})();

const rules = [
  "all_success", // upstream_failed or skipped, as whichever of "fails" and "skips" ends first
  "all_failed", // skipped: one has succeeded
  "all_done", // runs: none is left
  "one_success", // runs as soon as one has succeeded
  "one_failed", // runs as soon as one has failed
  "none_failed", // upstream_failed
  "none_skipped", // skipped
  "always", // runs at once
] as const;

const report = dag.task("report", async () => "see the states above", {
  triggerRule: "all_done",
})();

for (const triggerRule of rules) {
  dag
    .task(`if_${triggerRule}`, empty(), { triggerRule })()
    .after(succeeds, skips, fails)
    .before(report);
}
