// After people have changed a run that goes on, and whenever such a run is taken up: all that may
// go on does, wherever the execution is.
import type { DagRunRecord } from "../../model/records.ts";
import { propagate } from "../tasks/propagate.ts";
import type { PropagationContext } from "../tasks/see-instance.ts";
import { letGoOn } from "./let-go-on.ts";

/** `run` is running. Repeating is safe. */
export async function goOnAtOnce(context: PropagationContext, run: DagRunRecord): Promise<void> {
  const version = await context.versions.get(run.dagId, run.versionHash);
  const ended = await letGoOn(context, { run, version }, version.document.tasks);
  if (ended.length > 0) await propagate(context, { run, version }, ended);
}
