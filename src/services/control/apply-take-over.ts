// Fills a new run with what it takes over from an earlier one, before anything of it runs. First
// the values of an instance, then its record: an instance that has a record is done. Repeating is
// safe.

import type { PendingChange } from "../../model/control/pending-change.ts";
import { failTakeOver } from "../../model/control/run-changes.ts";
import { takenRecords, takeOver } from "../../model/control/take-over.ts";
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import { measureLengths } from "../../model/mapping/measure-lengths.ts";
import type { DagRunRecord, TaskInstanceRecord, XComRecord } from "../../model/records.ts";
import type { Version } from "../dag-processing/versions.ts";
import { fetchValue, RETURN_VALUE, toXComRecord } from "../tasks/xcom-values.ts";
import { type ChangeContext, forEachInParallel } from "./control-context.ts";

type TakeOver = PendingChange & { readonly kind: "take-over" };

/** False if the earlier run is gone: then the new one has failed. */
export async function applyTakeOver(
  context: ChangeContext,
  run: DagRunRecord,
  { runId: from, tasks }: TakeOver,
): Promise<boolean> {
  const { metadata, versions, clock } = context;
  const { dagId, runId } = run;
  const source = await metadata.runs.get(dagId, from);
  if (!source) {
    await metadata.runs.update({ dagId, runId, ...failTakeOver(run, { from, now: clock.now() }) });
    return false;
  }
  const target = await versions.get(dagId, run.versionHash);
  const { document } = await versions.get(dagId, source.versionHash);
  const [records, present] = await Promise.all([
    metadata.taskInstances.list({ dagId, runId: from }),
    metadata.taskInstances.list({ dagId, runId }),
  ]);
  const done = new Set(present.map(keyText));
  const taken = takenRecords({ run: source, document }, target, { tasks, records });
  const copyXComs = createXComCopier(context, run);
  await forEachInParallel(
    taken.filter((record) => !done.has(keyText(record))),
    async (record) => {
      await copyXComs(record);
      const lengths = await lengthsOf(context, target, record);
      const retries = graphOf(target.document).task(record.taskId)?.retries ?? 0;
      const change = takeOver(record, { retries, ...(lengths ? { lengths } : {}) });
      await metadata.taskInstances.update({ key: instanceKey(run, record), ...change });
    },
  );
  return true;
}

function keyText({ taskId, mapIndex }: Pick<TaskInstanceRecord, "taskId" | "mapIndex">): string {
  return JSON.stringify([taskId, mapIndex]);
}

/** Copies the XComs of one instance after the other; of large values, one at a time. */
function createXComCopier(
  context: ChangeContext,
  run: DagRunRecord,
): (record: TaskInstanceRecord) => Promise<void> {
  const { metadata, xcoms } = context;
  let last: Promise<unknown> = Promise.resolve();

  function copyLarge(xcom: XComRecord): Promise<XComRecord> {
    const copied = last.then(async () => {
      const value = await xcoms.get(xcom.ref ?? "");
      const key = instanceKey(run, xcom);
      return toXComRecord(context, key, { name: xcom.key, value });
    });
    // What failed is told to who has asked for it; the next one begins all the same.
    last = copied.catch(() => undefined);
    return copied;
  }

  return async ({ dagId, runId, taskId, mapIndex }) => {
    for (const xcom of await metadata.xcoms.list({ dagId, runId, taskId, mapIndex })) {
      const copy = xcom.ref === undefined ? { ...xcom, runId: run.runId } : await copyLarge(xcom);
      await metadata.xcoms.put({ ...copy, timestamp: xcom.timestamp });
    }
  };
}

/** A new version may map tasks over what the earlier one did not. */
async function lengthsOf(
  context: ChangeContext,
  { document }: Version,
  record: TaskInstanceRecord,
): Promise<TaskInstanceRecord["lengths"]> {
  const wanted = measureLengths(document, record, null);
  if (!("error" in wanted) || record.state !== "success" || record.lengths) return undefined;
  const xcom = await context.metadata.xcoms.get(record, RETURN_VALUE);
  const value = xcom && (await fetchValue(context, xcom));
  if (value === undefined) return undefined;
  const measured = measureLengths(document, record, JSON.parse(value));
  return "error" in measured ? undefined : measured.lengths;
}
