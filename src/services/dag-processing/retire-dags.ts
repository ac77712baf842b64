// DAGs that their file has no more: they are taken off, with their history kept.
import type { DagFileRecord } from "../../model/records.ts";
import { updateDag } from "../update-dag.ts";
import type { Processing } from "./processing.ts";

/**
 * Ids of the DAGs that are live from the file. It may be processed elsewhere at the same time: a
 * DAG that was made live there may not be in the file's record yet, so the DAGs say it, too.
 */
export async function findLiveDags(
  { platform: { metadata } }: Processing,
  { file, known }: { readonly file: string; readonly known: DagFileRecord | undefined },
): Promise<ReadonlySet<string>> {
  const dagIds = new Set<string>();
  for (const dagId of known?.dagIds ?? []) {
    const dag = await metadata.dags.get(dagId);
    if (dag?.file === file && !dag.isStale) dagIds.add(dagId);
  }
  for (const { dagId, isStale } of await metadata.dags.listOfFile(file)) {
    if (!isStale) dagIds.add(dagId);
  }
  return dagIds;
}

/** Forgets a file that is gone or has no DAG; answers the files that wait for an id of its DAGs. */
export async function forgetFile(
  processing: Processing,
  file: string,
  { known, isGone }: { readonly known: DagFileRecord | undefined; readonly isGone: boolean },
): Promise<readonly string[]> {
  // Most files that are there and have no DAG never had one.
  if (!known && !isGone) return [];
  const dagIds = await findLiveDags(processing, { file, known });
  if (known) {
    await processing.platform.metadata.files.delete(file);
    processing.options.onFileForgotten?.(known);
  }
  return retireDags(processing, file, [...dagIds]);
}

/** Retires DAGs that are live from the file; answers the files that wait for one of the ids. */
export async function retireDags(
  { platform, options }: Processing,
  file: string,
  dagIds: readonly string[],
): Promise<readonly string[]> {
  if (dagIds.length === 0) return [];
  const { metadata, schedules } = platform;
  for (const dagId of dagIds) {
    const { isChanged } = await updateDag(metadata.dags, dagId, (dag) =>
      dag && !dag.isStale && dag.file === file ? { ...dag, isStale: true } : undefined,
    );
    if (!isChanged) continue;
    await schedules.remove(dagId);
    await options.onDagChanged(dagId);
  }
  return (await metadata.files.listClaimants(dagIds)).filter((waiting) => waiting !== file);
}
