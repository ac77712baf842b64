// Takes all DAGs off the platform, before it goes: what was made outside of the metadata for their sake. History and files
// stay, and a file that is processed again brings its DAGs back.
import type { DagRunRecord } from "../model/records.ts";
import type { Platform } from "../ports/platform.ts";
import type { Recorder } from "./recorder.ts";
import { Refused } from "./refused.ts";

export interface Undeployed {
  readonly dags: number;
  /** Their versions, each of which had a state machine. */
  readonly versions: number;
  /** Runs that were going on and have failed by it. */
  readonly stoppedRuns: number;
}

type Platformed = Pick<Platform, "metadata" | "schedules" | "stateMachines">;

/**
 * Refused while runs are going on, unless they are to be stopped. DAGs are retired first, so that no run starts meanwhile;
 * queued ones wait for the DAG to come back. Repeating is safe.
 */
export async function undeploy(
  platform: Platformed,
  recorder: Pick<Recorder, "abandon">,
  { stopsRuns }: { readonly stopsRuns: boolean },
): Promise<Undeployed> {
  const { metadata, schedules, stateMachines } = platform;
  if (!stopsRuns) refuseRunning(await listRunning(platform));
  const dagIds = await retireAll(platform);
  const running = await listRunning(platform);
  if (!stopsRuns) refuseRunning(running);
  for (const run of running) await recorder.abandon(run, "task_failure");
  let versions = 0;
  for (const dagId of dagIds) {
    await schedules.remove(dagId);
    const all = await metadata.listDagVersions(dagId);
    for (const { hash } of all) await stateMachines.remove({ dagId, hash });
    versions += all.length;
  }
  return { dags: dagIds.length, versions, stoppedRuns: running.length };
}

/** Answers all DAGs, also those that were retired before: they have their state machines still. */
async function retireAll({ metadata }: Platformed): Promise<readonly string[]> {
  // As of a file that was never processed, but for the helpers whose change processes it.
  for (const record of await metadata.listDagFiles()) {
    const { bundleHash: _, ...forgotten } = { ...record, dagIds: [] };
    await metadata.putDagFile(forgotten);
  }
  const dagIds: string[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await metadata.listDags({ limit: 1_000, ...(after ? { after } : {}) });
    for (const { dagId } of page.items) {
      await retire(metadata, dagId);
      dagIds.push(dagId);
    }
    after = page.next;
  }
  return dagIds;
}

/** Writes again if somebody else wrote in between. */
async function retire(metadata: Platform["metadata"], dagId: string): Promise<void> {
  for (;;) {
    const dag = await metadata.getDag(dagId);
    if (!dag || dag.isStale) return;
    if (await metadata.putDag({ ...dag, isStale: true, revision: dag.revision + 1 })) return;
  }
}

async function listRunning({ metadata }: Platformed): Promise<readonly DagRunRecord[]> {
  return (await metadata.listActiveRuns()).filter(({ state }) => state === "running");
}

/** How many runs a refusal names. */
const NAMED = 3;

function refuseRunning(running: readonly DagRunRecord[]): void {
  if (running.length === 0) return;
  const names = running.slice(0, NAMED).map(({ dagId, runId }) => `"${runId}" of DAG "${dagId}"`);
  const more = running.length > NAMED ? ` and ${running.length - NAMED} more` : "";
  throw new Refused("conflict", `Runs are going on: ${names.join(", ")}${more}`);
}
