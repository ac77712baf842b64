// A new run that begins at some tasks of an earlier one: all else is taken over from that run as it
// is. What is to be taken over is recorded with the run, so whoever takes up the run completes it.
import { taskIdOf, withRelatives, withScopes } from "../../model/control/select-instances.ts";
import { graphOf } from "../../model/graph.ts";
import { runIdFor } from "../../model/ids.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { isRunFinished } from "../../model/states.ts";
import { toIso } from "../../model/values/time.ts";
import type { Version } from "../dag-processing/versions.ts";
import { createRun } from "../deadlines/create-run.ts";
import { RequestRefused } from "../request-refused.ts";
import { type RunFrom, type TriggerRequest, toManualRun } from "../runs/manual-run.ts";
import { unknownTask } from "./clear.ts";
import type { ControlContext } from "./control-context.ts";
import { runNamed } from "./find-runs.ts";
import { completePending } from "./pending-changes.ts";

/** Runs of the same moment that the DAG may have. */
const MOST_DATES = 1_000;

type Random = { readonly random: string };

/**
 * Makes the run and fills it. Without dates, conf and partition of its own it has those of the
 * earlier run; the logical date is the next one, by the millisecond, that no run has. Undefined if
 * its id or date is taken.
 */
export async function createRunFrom(
  context: ControlContext,
  request: TriggerRequest & { readonly from: RunFrom },
  { version, random }: { readonly version: Version } & Random,
): Promise<DagRunRecord | undefined> {
  const { dagId, from } = request;
  const source = await runNamed(context, { dagId, runId: from.runId });
  if (!isRunFinished(source.state)) {
    throw new RequestRefused(
      "conflict",
      `Run "${source.runId}" of DAG "${dagId}" is ${source.state}; what has not ended can't be taken over. Wait for its end, or clear the task in it`,
    );
  }
  const { document } = version;
  for (const taskId of from.tasks.map(taskIdOf)) {
    if (!graphOf(document).task(taskId)) throw unknownTask(dagId, taskId);
  }
  const related = withRelatives(document, from.tasks, { downstream: true });
  const tasks = withScopes(document, related);
  const pending = { kind: "take-over", runId: source.runId, tasks } as const;
  const { conf = source.conf, partitionKey = source.partitionKey } = request;
  const wanted = { ...request, conf, ...(partitionKey === undefined ? {} : { partitionKey }) };
  for (const run of candidates(source, wanted, { version, random, now: context.clock.now() })) {
    const made = { ...run, pending };
    if ((await createRun(context, made, document)) === "created") {
      return (await completePending(context, made)) ?? made;
    }
    const isNamed = request.runId !== undefined;
    if (isNamed && (await context.metadata.runs.get(dagId, run.runId))) return undefined;
  }
  return undefined;
}

/** The run with one date after the other, as long as it has none of its own. */
function* candidates(
  source: DagRunRecord,
  request: TriggerRequest,
  { version, random, now }: { readonly version: Version; readonly now: number } & Random,
): Generator<DagRunRecord> {
  const first = source.logicalDate;
  if (request.logicalDate !== undefined || first === null) {
    yield toManualRun(request, version, { now, random });
    return;
  }
  for (let more = 1; more <= MOST_DATES; more += 1) {
    const logicalDate = toIso(Date.parse(first) + more);
    const runId = request.runId ?? runIdFor("manual", { runAfter: now, logicalDate: null, random });
    const run = toManualRun({ ...request, runId, logicalDate }, version, { now, random });
    const { dataIntervalStart, dataIntervalEnd } = source;
    yield { ...run, dataIntervalStart, dataIntervalEnd };
  }
}
