// Draws the DAG of one run of Airflow's vectors with the SDK, as a user would. The DAG file that
// runs them has a copy of this file beside it.
import { Dag, getContext, SkipTask, type TaskRef } from "stepwind";
import type { RunCase, RunTask } from "./run-case.ts";

export function drawCase({ tasks }: RunCase, dagId: string): Dag {
  const dag = new Dag(dagId, { schedule: null });
  const placed = new Map<string, TaskRef>();
  const refOf = (id: string): TaskRef => {
    const ref = placed.get(id);
    if (!ref) throw new Error(`There is no task "${id}" above the task that names it`);
    return ref;
  };
  for (const task of tasks) placed.set(task.id, place(dag, task, refOf));
  for (const { id, upstream, branch, short_circuit } of tasks) {
    const ref = refOf(id);
    if (upstream.length > 0) ref.after(...upstream.map(refOf));
    if (branch)
      dag.branch(ref as TaskRef<string>, {
        followed: branch.length > 0 ? branch.map(refOf) : null,
      });
    if (short_circuit) {
      const { ignore_downstream_trigger_rules: ignoreDownstreamTriggerRules } = short_circuit;
      dag.shortCircuit(ref, { ignoreDownstreamTriggerRules });
    }
  }
  return dag;
}

function place(dag: Dag, task: RunTask, refOf: (id: string) => TaskRef): TaskRef {
  const { id, rule, retries = 0, map } = task;
  const work = async (_: { readonly item?: unknown }) => workOf(task, getContext());
  const declared = dag.task(id, work, { triggerRule: rule, retries, retryDelay: 0 });
  if (map === undefined) return declared({});
  const items = "over" in map ? (refOf(map.over) as TaskRef<number[]>) : indexesUpTo(map.length);
  return declared.expand({ item: items });
}

/** What the task's try returns; throws as the try ends otherwise. */
export function workOf(
  task: RunTask,
  { mapIndex, tryNumber }: { readonly mapIndex: number; readonly tryNumber: number },
): unknown {
  const asked = typeof task.do === "object" ? task.do[mapIndex] : task.do;
  const fails = task.fail_times === undefined ? asked === "fail" : tryNumber <= task.fail_times;
  if (fails) throw new Error("asked to fail");
  if (asked === "skip") throw new SkipTask("asked to skip");
  if (task.branch) return "followed";
  if (task.short_circuit) return task.short_circuit.value;
  return task.list === undefined ? null : indexesUpTo(task.list);
}

function indexesUpTo(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
