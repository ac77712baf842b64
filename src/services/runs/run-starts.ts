// Starts the execution of a queued run. A process that dies half way leaves a running run without
// an execution, which is taken up as any such run is.
import { requeueRun, startRun } from "../../model/dag-run.ts";
import type { DagRunRecord } from "../../model/records.ts";
import type { Platform } from "../../ports/platform.ts";
import type { ChangeContext } from "../control/control-context.ts";
import { goOnAtOnce } from "../control/go-on-at-once.ts";
import { applyPending } from "../control/pending-changes.ts";
import { retry } from "../retry.ts";

/** Another attempt of a start that succeeded finds the execution there. */
const START = { attempts: 6 } as const;

/**
 * The run as started; undefined if it was not ours to start, or could not be started and is queued
 * again.
 */
export async function startQueuedRun(
  context: ChangeContext & Pick<Platform, "report">,
  { dagId, runId }: Pick<DagRunRecord, "dagId" | "runId">,
): Promise<DagRunRecord | undefined> {
  const { metadata, clock, stateMachines, report } = context;
  const started = await metadata.runs.update({ dagId, runId, ...startRun({ now: clock.now() }) });
  // What people have asked of it is done before anything runs.
  const run = started && (await applyPending(context, started));
  if (run?.state !== "running") return undefined;
  const { versionHash: hash, clearNumber } = run;
  const input = { dagId, runId, clearNumber };
  try {
    await retry(clock, () => stateMachines.start({ dagId, hash, input }), START);
  } catch (problem) {
    report.error(`Run "${runId}" of DAG "${dagId}" did not start: ${String(problem)}`);
    // Perhaps it was started, and only the answers were lost. Then what waits in it ends.
    await metadata.runs.update({ dagId, runId, ...requeueRun(run) });
    await retry(clock, () => stateMachines.stop(input, "its start failed"), START);
    return undefined;
  }
  if (run.isChanged) await retry(clock, () => goOnAtOnce(context, run), START);
  return run;
}
