// Tasks that wait for something, in the recorder: whether it has come. None of the task's code runs,
// so the end is recorded here as that of a try is.
import type { TaskInstanceRecord } from "../../../model/records.ts";
import { findTimeout } from "../../../model/scheduling/deferred-tasks.ts";
import { isWaitingState, type MomentWait, type Wait } from "../../../model/scheduling/waits.ts";
import { isFinished } from "../../../model/states.ts";
import type { ServiceContext } from "../../service-context.ts";
import { leaveNext } from "../message-calls.ts";
import { finishEnd } from "../task-ends.ts";
import { recordEnding, recordTimeout } from "../try-ends.ts";
import type { InstanceScope } from "../verdicts.ts";
import type { WaitingTask, WaitStep } from "./wait-step.ts";

/**
 * Looks whether what the task waits for has come, and records its end if so. `pokes` is that of the
 * message that says so: one for an earlier look does nothing. Repeating is safe.
 */
export async function followWait(
  context: ServiceContext,
  instance: InstanceScope,
  { pokes }: { readonly pokes: number },
): Promise<void> {
  const known = await context.metadata.taskInstances.get(instance.key);
  if (!known) return;
  if (isFinished(known.state)) return finishEnd(context, instance, known, { isRepeated: true });
  const { wait, state } = known;
  if (wait === undefined || !isWaitingState(state) || (known.pokes ?? 0) !== pokes) return;
  const step = await lookAt(context, { instance, known, wait });
  await take(context, { instance, known, wait }, step);
}

function lookAt(context: ServiceContext, task: WaitingTask<Wait>): WaitStep | Promise<WaitStep> {
  switch (task.wait.kind) {
    case "moment":
      return lookAtMoment(context, task.wait);
  }
}

/** A clock that is a little behind that of the triggerer is waited for. */
async function lookAtMoment({ clock }: ServiceContext, { at }: MomentWait): Promise<WaitStep> {
  const left = Date.parse(at) - clock.now();
  if (left > MOST_BEHIND_MS) return { kind: "waits" };
  await clock.sleep(Math.max(left, 0));
  return SUCCEEDED;
}

/** Clocks of functions may differ by so much. */
const MOST_BEHIND_MS = 2_000;

const SUCCEEDED: WaitStep = { kind: "ends", ending: { kind: "success" } };

async function take(
  context: ServiceContext,
  { instance, known }: WaitingTask<Wait>,
  step: WaitStep,
): Promise<void> {
  const ended = await recordStep(context, { instance, known, step });
  // A task that has failed may have another try.
  if (ended) await leaveNext(context, instance, ended);
}

function recordStep(
  context: ServiceContext,
  {
    instance,
    known,
    step,
  }: Pick<WaitingTask<Wait>, "instance" | "known"> & { readonly step: WaitStep },
): Promise<TaskInstanceRecord | undefined> {
  if (step.kind === "ends") {
    return recordEnding(context, instance, { started: known, ending: step.ending });
  }
  const message = findTimeout(instance.task, known, context.clock.now());
  if (message === undefined) return Promise.resolve(undefined);
  return recordTimeout(context, instance, { started: known, message });
}
