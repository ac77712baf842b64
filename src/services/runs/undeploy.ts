// Takes all DAGs off the platform, before it goes: what was made outside of the metadata for their
// sake. History and files stay, and a file that is processed again brings its DAGs back.
import type { DagRecord, DagRunRecord } from "../../model/records.ts";
import { versionsWithMachine } from "../../model/scheduling/version-retention.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { RequestRefused } from "../request-refused.ts";
import { updateDag } from "../update-dag.ts";
import type { Recorder } from "./recorder.ts";

export interface Undeployed {
  readonly dags: number;
  /** Their versions that may have had a state machine. */
  readonly versions: number;
  /** Runs that were going on and have failed by it. */
  readonly stoppedRuns: number;
}

type Platformed = Pick<Platform, "metadata" | "schedules" | "stateMachines">;

/**
 * RequestRefused while runs are going on, unless they are to be stopped. DAGs are retired first, so
 * that no run starts meanwhile; queued ones wait for the DAG to come back. Repeating is safe.
 */
export async function undeploy(
  platform: Platformed,
  recorder: Pick<Recorder, "abandon">,
  { stopsRuns }: { readonly stopsRuns: boolean },
): Promise<Undeployed> {
  const { metadata, schedules, stateMachines } = platform;
  if (!stopsRuns) refuseRunning(await listRunning(platform));
  const dags = await retireAll(platform);
  // DAG by DAG, which misses none that was started meanwhile.
  const active = await Promise.all(dags.map(({ dagId }) => metadata.runs.listActive(dagId)));
  const running = active.flat().filter(({ state }) => state === "running");
  if (!stopsRuns) {
    refuseRunning(running, "; the DAGs are taken off, and stepwind push brings them back");
  }
  for (const run of running) await recorder.abandon(run, "task_failure");
  let versions = 0;
  for (const dag of dags) {
    const { dagId } = dag;
    await schedules.remove(dagId);
    for (const hash of versionsWithMachine(dag)) {
      await stateMachines.remove({ dagId, hash });
      versions += 1;
    }
  }
  return { dags: dags.length, versions, stoppedRuns: running.length };
}

/** Answers all DAGs, also those that were retired before: they have their state machines still. */
async function retireAll({ metadata }: Platformed): Promise<readonly DagRecord[]> {
  // As of a file that was never processed, but for the helpers whose change processes it.
  for (const record of await metadata.files.list()) {
    const { bundleHash: _, ...forgotten } = { ...record, dagIds: [] };
    await metadata.files.put(forgotten);
  }
  const dags: DagRecord[] = [];
  for await (const { dagId } of itemsOf(metadata.dags.list)) {
    const { dag } = await updateDag(metadata.dags, dagId, (current) =>
      current && !current.isStale ? { ...current, isStale: true } : undefined,
    );
    if (dag) dags.push(dag);
  }
  return dags;
}

async function listRunning({ metadata }: Platformed): Promise<readonly DagRunRecord[]> {
  return (await metadata.runs.listActive()).filter(({ state }) => state === "running");
}

/** How many runs a refusal names. */
const NAMED = 3;

function refuseRunning(running: readonly DagRunRecord[], done = ""): void {
  if (running.length === 0) return;
  const names = running.slice(0, NAMED).map(({ dagId, runId }) => `"${runId}" of DAG "${dagId}"`);
  const more = running.length > NAMED ? ` and ${running.length - NAMED} more` : "";
  throw new RequestRefused("conflict", `Runs are going on: ${names.join(", ")}${more}${done}`);
}
