// How far running runs have got: counts of their task instances.
import { instancesOfRun } from "../../model/mapping/instances.ts";
import { isFinished, isUnderWay } from "../../model/states.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { Versions } from "../dag-processing/versions.ts";

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly running: number;
}

interface Stores {
  readonly metadata: Pick<Metadata, "taskInstances">;
  readonly versions: Versions;
}

export async function progressOf(
  { metadata, versions }: Stores,
  run: { readonly dagId: string; readonly runId: string; readonly versionHash: string },
): Promise<Progress> {
  const { dagId, runId } = run;
  const [{ document }, records] = await Promise.all([
    versions.get(dagId, run.versionHash),
    metadata.taskInstances.list({ dagId, runId }),
  ]);
  const states = instancesOfRun(document, records, run).map(({ state }) => state);
  return {
    done: states.filter(isFinished).length,
    total: states.length,
    running: states.filter(isUnderWay).length,
  };
}
