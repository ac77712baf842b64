// Whole runs decided by Airflow's dag.test(): each case becomes a DAG file that goes through the
// bundler, the loader, the compiler, the interpreter, the worker and its threads.
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalProduct } from "../../src/local/local-platform.ts";
import type { DagDocument } from "../../src/model/document.ts";
import { byTask, instancesOfTask } from "../../src/model/mapping/instances.ts";
import type { TaskInstanceRecord } from "../../src/model/records.ts";
import { explainRunState, explainState, type FinalStates } from "./legal-state.ts";
import type { RunCase } from "./run-case.ts";

/** How a case ended. */
export interface CaseEnd {
  /** What differs from Airflow; absent when nothing does that may not. */
  readonly flaw?: string;
  /**
   * What differs from Airflow because two independent tasks ended in the other order: only in a
   * case that is marked so, and only where some order explains every state.
   */
  readonly otherOrder?: string;
}

/** Runs every case; answers the end of each, in their order. */
export async function runCases(cases: readonly RunCase[]): Promise<readonly CaseEnd[]> {
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
    await copyFile(new URL("draw-case.ts", import.meta.url), join(dagsFolder, "draw-case.ts"));
    await writeFile(join(dagsFolder, "cases.ts"), dagFile(cases));
    await product.processor.processFile("cases.ts");
    const file = await product.platform.metadata.files.get("cases.ts");
    const mistakes = file?.diagnostics.filter(({ severity }) => severity === "error") ?? [];
    const ends: CaseEnd[] = [];
    for (const [index, wanted] of cases.entries()) {
      const dagId = `case_${index}`;
      const own = mistakes.filter((mistake) => (mistake.dagId ?? dagId) === dagId);
      ends.push(
        own.length > 0
          ? { flaw: `${wanted.dag_id}: ${own.map(({ message }) => message).join("; ")}` }
          : await runCase(product, dagId, wanted),
      );
    }
    return ends;
  } finally {
    await product.close();
    await rm(folder, { recursive: true });
  }
}

async function runCase(
  product: Awaited<ReturnType<typeof openLocalProduct>>,
  dagId: string,
  wanted: RunCase,
): Promise<CaseEnd> {
  const { metadata } = product.platform;
  const { runId } = await product.services.runControl.trigger({ dagId, triggeredBy: "test" });
  let run = await metadata.runs.get(dagId, runId);
  const deadline = Date.now() + 30_000;
  while (run?.state === "queued" || run?.state === "running") {
    if (Date.now() > deadline) return { flaw: `${wanted.dag_id}: still ${run.state} after 30 s` };
    await new Promise((resolve) => setTimeout(resolve, 2));
    run = await metadata.runs.get(dagId, runId);
  }
  const { document } = await product.services.versions.get(dagId, run?.versionHash ?? "");
  const records = await metadata.taskInstances.list({ dagId, runId });
  return compareCase(wanted, { state: run?.state, states: finalStatesOf(document, records) });
}

/** How the run of a case ended, held against Airflow's. */
export function compareCase(
  wanted: RunCase,
  { state, states }: { readonly state: string | undefined; readonly states: FinalStates },
): CaseEnd {
  const differences = wanted.tasks
    .filter(({ id }) => textOf(states.get(id)) !== textOf(wanted.states[id]))
    .map(({ id }) => `${id} is ${textOf(states.get(id))}, Airflow: ${textOf(wanted.states[id])}`);
  if (state !== wanted.run_state) differences.push(`run is ${state}, Airflow: ${wanted.run_state}`);
  if (differences.length === 0) return {};
  if (wanted.order_dependent) {
    const unexplained = [
      ...wanted.tasks.map((task) => explainState(wanted, task, states)),
      explainRunState(wanted, state, states),
    ].filter((text) => text !== undefined);
    if (unexplained.length === 0) {
      return { otherOrder: `${wanted.dag_id}: ${differences.join("; ")}` };
    }
    differences.push(...unexplained);
  }
  return { flaw: `${wanted.dag_id}: ${differences.join("; ")}` };
}

/** As the vectors have them: a list for a task that has been expanded. */
export function finalStatesOf(
  document: DagDocument,
  records: readonly TaskInstanceRecord[],
): FinalStates {
  const recordsOf = byTask(records);
  const states = document.tasks.map((task) => {
    const instances = instancesOfTask(document, task, recordsOf.get(task.taskId) ?? []);
    const all = instances.map(({ state }) => state ?? "none");
    return [task.taskId, instances[0]?.mapIndex === -1 ? (all[0] ?? "none") : all] as const;
  });
  return new Map(states);
}

function textOf(states: string | readonly string[] | undefined): string {
  return typeof states === "object" ? `[${states.join(" ")}]` : String(states);
}

/** One file that draws a DAG per case from its JSON. */
function dagFile(cases: readonly RunCase[]): string {
  return `import { drawCase } from "./draw-case.ts";
export const dags = ${JSON.stringify(cases)}.map((each, index) => drawCase(each, "case_" + index));
`;
}
