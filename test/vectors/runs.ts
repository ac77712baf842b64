// Whole runs decided by Airflow's dag.test(): each case becomes a DAG file that goes through the
// bundler, the loader, the compiler, the interpreter, the worker and its threads.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalProduct } from "../../src/local/local-platform.ts";
import { byTask, instancesOfTask } from "../../src/model/mapping/instances.ts";
import { explainState, type FinalStates } from "./legal-state.ts";
import type { RunCase } from "./run-case.ts";

/** Runs every case; answers for each what differs from Airflow, or undefined. */
export async function runCases(
  cases: readonly RunCase[],
): Promise<readonly (string | undefined)[]> {
  const folder = await mkdtemp(join(tmpdir(), "stepwind-runs-"));
  const dagsFolder = join(folder, "dags");
  await mkdir(dagsFolder);
  const product = await openLocalProduct({
    home: join(folder, "home"),
    dagsFolder,
    inMemory: true,
    parallelism: 4,
  });
  try {
    await writeFile(join(dagsFolder, "cases.ts"), dagFile(cases));
    await product.processor.processFile("cases.ts");
    const file = await product.platform.metadata.files.get("cases.ts");
    const wrong = file?.diagnostics.filter(({ severity }) => severity === "error") ?? [];
    if (wrong.length > 0) throw new Error(wrong.map(({ message }) => message).join("\n"));
    const results: (string | undefined)[] = [];
    for (const [index, wanted] of cases.entries()) {
      results.push(await runCase(product, `case_${index}`, wanted));
    }
    return results;
  } finally {
    await product.close();
    await rm(folder, { recursive: true });
  }
}

async function runCase(
  product: Awaited<ReturnType<typeof openLocalProduct>>,
  dagId: string,
  wanted: RunCase,
): Promise<string | undefined> {
  const { metadata } = product.platform;
  const { runId } = await product.services.runControl.trigger({ dagId, triggeredBy: "test" });
  let run = await metadata.runs.get(dagId, runId);
  const deadline = Date.now() + 30_000;
  while (run?.state === "queued" || run?.state === "running") {
    if (Date.now() > deadline) return `${wanted.dag_id}: still ${run.state} after 30 s`;
    await new Promise((resolve) => setTimeout(resolve, 2));
    run = await metadata.runs.get(dagId, runId);
  }
  const states = await statesOf(product, { dagId, runId });
  const differences = wanted.tasks
    .filter(({ id }) => textOf(states.get(id)) !== textOf(wanted.states[id]))
    .map(({ id }) => `${id} is ${textOf(states.get(id))}, Airflow: ${textOf(wanted.states[id])}`);
  if (run?.state !== wanted.run_state)
    differences.push(`run is ${run?.state}, Airflow: ${wanted.run_state}`);
  if (differences.length === 0) return undefined;
  if (wanted.order_dependent) {
    const unexplained = wanted.tasks
      .map((task) => explainState(wanted, task, states))
      .filter((text) => text !== undefined);
    if (unexplained.length === 0) return undefined;
    differences.push(...unexplained);
  }
  return `${wanted.dag_id}: ${differences.join("; ")}`;
}

/** As the vectors have them: a list for a task that has been expanded. */
async function statesOf(
  { platform: { metadata }, services }: Awaited<ReturnType<typeof openLocalProduct>>,
  { dagId, runId }: { readonly dagId: string; readonly runId: string },
): Promise<FinalStates> {
  const run = await metadata.runs.get(dagId, runId);
  const { document } = await services.versions.get(dagId, run?.versionHash ?? "");
  const records = byTask(await metadata.taskInstances.list({ dagId, runId }));
  const states = document.tasks.map((task) => {
    const instances = instancesOfTask(document, task, records.get(task.taskId) ?? []);
    const all = instances.map(({ state }) => state ?? "none");
    return [task.taskId, instances[0]?.mapIndex === -1 ? (all[0] ?? "none") : all] as const;
  });
  return new Map(states);
}

function textOf(states: string | readonly string[] | undefined): string {
  return typeof states === "object" ? `[${states.join(" ")}]` : String(states);
}

/** One file that builds a DAG per case from its JSON, with the SDK as a user would. */
function dagFile(cases: readonly RunCase[]): string {
  return `import { Dag, FailTask, getContext, SkipTask } from "stepwind";
const CASES = ${JSON.stringify(cases)};
export const dags = CASES.map((wanted, index) => {
  const dag = new Dag("case_" + index, { schedule: null });
  const placed = {};
  for (const task of wanted.tasks) {
    const handler = async () => {
      const { mapIndex } = getContext();
      const asked = Array.isArray(task.do) ? task.do[mapIndex] : task.do;
      if (task.fail_times !== undefined ? getContext().tryNumber <= task.fail_times : asked === "fail") throw new Error("asked to fail");
      if (asked === "skip") throw new SkipTask("asked to skip");
      if (task.branch) return "followed";
      if (task.short_circuit) return task.short_circuit.value;
      return task.list === undefined ? null : Array.from({ length: task.list }, (_, i) => i);
    };
    const declared = dag.task(task.id, handler, { triggerRule: task.rule, retries: task.retries ?? 0, retryDelay: 0 });
    const { length, over } = task.map ?? {};
    if (over !== undefined) placed[task.id] = declared.expand({ item: placed[over] });
    else if (length !== undefined) placed[task.id] = declared.expand({ item: Array.from({ length }, (_, i) => i) });
    else placed[task.id] = declared();
  }
  for (const task of wanted.tasks) {
    if (task.upstream.length > 0) placed[task.id].after(...task.upstream.map((id) => placed[id]));
    if (task.branch) dag.branch(placed[task.id], { followed: task.branch.length > 0 ? task.branch.map((id) => placed[id]) : null });
    if (task.short_circuit) dag.shortCircuit(placed[task.id], { ignoreDownstreamTriggerRules: task.short_circuit.ignore_downstream_trigger_rules });
  }
  return dag;
});
`;
}
