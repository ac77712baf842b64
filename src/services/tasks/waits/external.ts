// Sensors that wait for another DAG: looks at its runs, and has those that go on remember the
// sensor, so that their end wakes it. It looks again at intervals besides, since a run may not be
// there yet.
import { awaitRun } from "../../../model/dag-run.ts";
import type { DagDocument, SensorDocument } from "../../../model/document.ts";
import type { DagRunRecord } from "../../../model/records.ts";
import { decideWait } from "../../../model/scheduling/sensors.ts";
import { isRunFinished } from "../../../model/states.ts";
import { toIso } from "../../../model/values/time.ts";
import {
  decideExternal,
  type ExternalRun,
  findMissing,
  tasksOf,
  toSensorFailure,
} from "../../../model/waits/external-runs.ts";
import type { ExternalWait } from "../../../model/waits/waits.ts";
import type { ServiceContext } from "../../service-context.ts";
import type { WaitingTask, WaitStep } from "./wait-step.ts";

/** Looks at the other DAG. Repeating is safe. */
export async function lookAtExternal(
  context: ServiceContext,
  task: WaitingTask<ExternalWait>,
): Promise<WaitStep> {
  const { instance, wait } = task;
  const { sensor } = instance.task;
  if (!sensor) throw new Error(`Task "${instance.task.taskId}" is not a sensor`);
  if (wait.checkExistence) {
    const missing = findMissing(wait, await documentOf(context, wait.dagId));
    if (missing) return { kind: "ends", ending: toSensorFailure(missing, sensor) };
  }
  for (;;) {
    const runs = await runsOf(context, wait);
    const ending = decideExternal(wait, runs, sensor);
    if (ending) return { kind: "ends", ending };
    if (await areAware(context, task, runs)) {
      const message = await describe(context, wait, { isThere: runs.length > 0 });
      return lookAgain(context, task, { sensor, message });
    }
  }
}

async function documentOf(
  { metadata, versions }: ServiceContext,
  dagId: string,
): Promise<DagDocument | undefined> {
  const dag = await metadata.dags.get(dagId);
  if (!dag || dag.isStale) return undefined;
  return (await versions.get(dagId, dag.versionHash)).document;
}

interface FoundRun extends ExternalRun {
  readonly run: DagRunRecord;
}

/** The runs of the dates, of which there is one at most for each, with the tasks that matter. */
async function runsOf(context: ServiceContext, wait: ExternalWait): Promise<readonly FoundRun[]> {
  const { metadata } = context;
  const { dagId, logicalDates } = wait;
  const pages = await Promise.all(
    [...new Set(logicalDates)].map((date) =>
      metadata.runs.listByLogicalDate({ dagId, from: date, to: date, limit: 1 }),
    ),
  );
  const runs = pages.flatMap(({ items }) => items);
  return Promise.all(runs.map((run) => withInstances(context, wait, run)));
}

async function withInstances(
  { metadata, versions }: ServiceContext,
  wait: ExternalWait,
  run: DagRunRecord,
): Promise<FoundRun> {
  if (!wait.taskIds && wait.taskGroupId === undefined) return { run, instances: [], taskIds: [] };
  const { dagId, runId, versionHash } = run;
  const taskIds = tasksOf(wait, (await versions.get(dagId, versionHash)).document);
  const instances = await metadata.taskInstances.list({ dagId, runId, taskIds });
  return { run, instances, taskIds };
}

/** Has runs that go on remember the sensor; false if one has ended meanwhile. */
async function areAware(
  { metadata }: ServiceContext,
  { instance }: WaitingTask<ExternalWait>,
  runs: readonly FoundRun[],
): Promise<boolean> {
  let isSo = true;
  for (const { run, taskIds } of runs) {
    const { key } = instance;
    const waiter = taskIds.length === 0 ? key : { ...key, taskIds };
    const change = isRunFinished(run.state) ? undefined : awaitRun(run, waiter);
    if (!change) continue;
    const { dagId, runId } = run;
    if (!(await metadata.runs.update({ dagId, runId, ...change }))) isSo = false;
  }
  return isSo;
}

function lookAgain(
  { clock }: ServiceContext,
  { known }: WaitingTask<ExternalWait>,
  { sensor, message }: { readonly sensor: SensorDocument; readonly message: string },
): WaitStep {
  const now = clock.now();
  const firstPokeAt = Date.parse(known.firstPokeAt ?? toIso(now));
  const next = decideWait(sensor, { firstPokeAt, now });
  if ("timedOut" in next) return { kind: "times-out", message: next.timedOut };
  return { kind: "waits", nextAt: next.nextAt, message };
}

/** What is waited for, for people; names what isn't there. */
async function describe(
  { metadata }: ServiceContext,
  { dagId, taskIds, taskGroupId, logicalDates }: ExternalWait,
  { isThere }: { readonly isThere: boolean },
): Promise<string> {
  const what = taskIds
    ? `task ${taskIds.map((id) => `"${id}"`).join(", ")} of `
    : taskGroupId === undefined
      ? ""
      : `task group "${taskGroupId}" of `;
  const when = logicalDates.join(", ");
  const told = `waits for ${what}DAG "${dagId}" with logical date ${when}`;
  if (isThere) return told;
  if (!(await metadata.dags.get(dagId))) return `${told}; there is no such DAG`;
  return `${told}; there is no such run`;
}
