// Changes that people have asked of runs, from their record to their end. The record comes first;
// a process that dies in between leaves it, and whoever takes up the run, starts it, or changes it
// next completes it.
import type { PendingChange } from "../../model/control/pending-change.ts";
import { changeDone, endedRunChangeKey, leavesEnded } from "../../model/control/run-changes.ts";
import type { RunTransition } from "../../model/dag-run.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { isRunFinished } from "../../model/states.ts";
import { toIso } from "../../model/values/time.ts";
import type { RunChange } from "../../ports/metadata.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { openMoved } from "../deadlines/create-run.ts";
import { RequestRefused } from "../request-refused.ts";
import { abandonRun, isAbandonReason, type RunEndContext } from "../runs/run-ends.ts";
import { applyClear } from "./apply-clear.ts";
import { applyMark } from "./apply-mark.ts";
import { applyTakeOver } from "./apply-take-over.ts";
import type { ChangeContext } from "./control-context.ts";
import { goOnAtOnce } from "./go-on-at-once.ts";

/**
 * Applies what is pending, but starts nothing. Answers the run after it; undefined if somebody else
 * has changed it meanwhile. Repeating is safe.
 */
export async function applyPending(
  context: ChangeContext,
  run: DagRunRecord,
): Promise<DagRunRecord | undefined> {
  const { metadata } = context;
  const { dagId, runId, pending } = run;
  if (pending === undefined) return run;
  const after = await applyChange(context, run, pending);
  await metadata.runOutcomes.delete(dagId, runId);
  return after;
}

async function applyChange(
  context: ChangeContext,
  run: DagRunRecord,
  pending: PendingChange,
): Promise<DagRunRecord | undefined> {
  const { metadata } = context;
  const { dagId, runId } = run;
  switch (pending.kind) {
    case "clear":
      await applyClear(context, run, pending);
      break;
    case "take-over":
      if (!(await applyTakeOver(context, run, pending))) return metadata.runs.get(dagId, runId);
      break;
    case "mark":
      if ((await applyMark(context, run, pending)) === "marked")
        return metadata.runs.get(dagId, runId);
      break;
  }
  return metadata.runs.update({ dagId, runId, ...changeDone(run) });
}

/** The same; a running run then goes on in its next execution. */
export async function completePending(
  context: ChangeContext,
  run: DagRunRecord,
): Promise<DagRunRecord | undefined> {
  const after = await applyPending(context, run);
  if (after?.state !== "running") return after;
  const { dagId, runId, clearNumber, versionHash: hash } = after;
  await context.stateMachines.start({ dagId, hash, input: { dagId, runId, clearNumber } });
  if (run.pending) await goOnAtOnce(context, after);
  return after;
}

async function changeAndComplete(
  context: ChangeContext,
  change: RunChange,
): Promise<DagRunRecord | undefined> {
  const changed = await context.metadata.runs.update(change);
  return changed && ((await completePending(context, changed)) ?? changed);
}

/** It is noted first, since nobody looks at runs that have ended. */
async function changeEnded(
  context: ChangeContext,
  { dagId, runId, clearNumber }: DagRunRecord,
  change: RunChange,
): Promise<DagRunRecord | undefined> {
  const { endedRunChanges } = context.metadata;
  const note = { dagId, runId, clearNumber, begunAt: toIso(context.clock.now()) };
  await endedRunChanges.put(note);
  const changed = await changeAndComplete(context, change);
  // Who was refused leaves the note to the one who was faster.
  if (changed) await endedRunChanges.delete(endedRunChangeKey(note));
  return changed;
}

/** After that nobody is still making the change (Lambda quotas), in ms. */
const LONGEST_CHANGE_MS = 15 * 60_000;

/**
 * Completes changes of ended runs that were cut off. Repeating is safe; one query where there is
 * none.
 */
export async function completeEndedRunChanges(
  context: ChangeContext & Pick<Platform, "report">,
): Promise<void> {
  const { metadata, clock, report } = context;
  for await (const note of itemsOf(metadata.endedRunChanges.list)) {
    const { dagId, runId, begunAt } = note;
    if (Date.parse(begunAt) + LONGEST_CHANGE_MS > clock.now()) continue;
    try {
      const run = await metadata.runs.get(dagId, runId);
      if (run && isRunFinished(run.state)) await completePending(context, run);
      await metadata.endedRunChanges.delete(endedRunChangeKey(note));
    } catch (problem) {
      report.error(
        `A change of run "${runId}" of DAG "${dagId}" was not completed: ${String(problem)}`,
      );
    }
  }
}

/** Others may change the same run at the same time, each once. */
const ATTEMPTS = 20;

/**
 * Records a change of the run and applies it, after all that others have begun. `change` answers
 * the transition by which it is recorded, or undefined where nothing is to be done.
 */
export async function changeRun(
  context: ChangeContext & RunEndContext,
  { dagId, runId }: Pick<DagRunRecord, "dagId" | "runId">,
  change: (run: DagRunRecord) => RunTransition | undefined,
): Promise<DagRunRecord | undefined> {
  const { metadata } = context;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const run = await metadata.runs.get(dagId, runId);
    if (!run) return undefined;
    if (run.pending) {
      await completePending(context, run);
    } else if (run.state === "running" && isAbandonReason(run.reason)) {
      await abandonRun(context, run, run.reason);
    } else {
      const transition = change(run);
      if (!transition) return run;
      await openMoved(context, run, transition.set.deadlines);
      const wanted = { dagId, runId, ...transition };
      const changed = leavesEnded(run, transition)
        ? await changeEnded(context, run, wanted)
        : await changeAndComplete(context, wanted);
      if (changed) return changed;
    }
  }
  throw new RequestRefused(
    "conflict",
    `Run "${runId}" of DAG "${dagId}" is being changed by others all the time; ask again`,
  );
}
