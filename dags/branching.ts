// A yes/no branch, a named branch, and a join that runs whichever was taken.
import { Dag } from "stepwind";
import { empty } from "stepwind/operators";

export const dag = new Dag("branching", {
  schedule: "@daily",
  startDate: "2026-01-01",
  tags: ["example"],
});

const countRows = dag.task("count_rows", async () => 1_250);
const hasRows = dag.task("has_rows", async ({ rows }: { rows: number }) => rows > 0);
const pickSize = dag.task("pick_size", async ({ rows }: { rows: number }) =>
  rows > 1_000 ? "large" : "small",
);
const load = dag.task("load", async ({ rows }: { rows: number }) => ({ loaded: rows }));
const notifyEmpty = dag.task("notify_empty", empty())();
const done = dag.task("done", empty(), { triggerRule: "none_failed_min_one_success" })();

const rows = countRows();
const size = pickSize({ rows });
const large = load.override({ taskId: "load_large", executionTimeout: "10 minutes" })({ rows });
const small = load.override({ taskId: "load_small" })({ rows });

dag.branch(hasRows({ rows }), { true: size, false: notifyEmpty });
dag.branch(size, { large, small }); // a missing label is a compile error
done.after(large, small, notifyEmpty);
