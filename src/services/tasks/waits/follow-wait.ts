// Tasks that wait for something, in the recorder: whether it has come. None of the task's code runs,
// so the end is recorded here as that of a try is.
import type { LogEntry, TaskInstanceRecord } from "../../../model/records.ts";
import { dueOf } from "../../../model/scheduling/sensors.ts";
import { isFinished } from "../../../model/states.ts";
import type { TaskOutcome } from "../../../model/task-call.ts";
import { findTimeout } from "../../../model/waits/deferred-tasks.ts";
import { waitOn } from "../../../model/waits/wait-transitions.ts";
import { isWaitingState, type MomentWait, type Wait } from "../../../model/waits/waits.ts";
import { addLogLine } from "../log-line.ts";
import { leaveNext } from "../message-calls.ts";
import { finishEnd } from "../task-ends.ts";
import { recordEnding, recordTimeout } from "../try-ends.ts";
import type { InstanceScope } from "../verdicts.ts";
import { lookAtExternal } from "./external.ts";
import { lookAtInput } from "./input.ts";
import { lookAtRun, triggerRun } from "./trigger-run.ts";
import type { FollowContext, WaitingTask, WaitStep } from "./wait-step.ts";

/**
 * Looks whether what the task waits for has come, and records its end if so. `pokes` is that of the
 * message that says so: one for an earlier look does nothing. Repeating is safe.
 */
export async function followWait(
  context: FollowContext,
  instance: InstanceScope,
  { pokes }: { readonly pokes: number },
): Promise<void> {
  const known = await context.metadata.taskInstances.get(instance.key);
  if (!known) return;
  if (isFinished(known.state)) return finishEnd(context, instance, known, { isRepeated: true });
  const { wait, state } = known;
  if (wait === undefined || !isWaitingState(state) || (known.pokes ?? 0) !== pokes) return;
  const after = await lookAndRecord(context, { instance, known, wait });
  // It waits on, or has failed and has another try.
  if (after) await leaveNext(context, instance, after);
}

/**
 * One look. Where the task waits on, another one follows: what comes to pass between the first and
 * its record leaves a message that is for the look before.
 */
async function lookAndRecord(
  context: FollowContext,
  { instance, known, wait }: WaitingTask<Wait>,
): Promise<TaskInstanceRecord | undefined> {
  const step = await lookAt(context, { instance, known, wait });
  const after = await recordStep(context, { instance, known, step });
  if (!after?.wait || !isWaitingState(after.state)) return after;
  const again = await lookAt(context, { instance, known: after, wait: after.wait });
  if (again.kind === "waits") return after;
  return recordStep(context, { instance, known: after, step: again });
}

function lookAt(context: FollowContext, { wait, ...task }: WaitingTask<Wait>): Promise<WaitStep> {
  switch (wait.kind) {
    case "moment":
      return lookAtMoment(context, { ...task, wait });
    case "external":
      return lookAtExternal(context, { ...task, wait });
    case "trigger":
      return triggerRun(context, { ...task, wait });
    case "input":
      return lookAtInput(context, { ...task, wait });
    case "run":
      return lookAtRun(context, { ...task, wait });
  }
}

/** Clocks of functions may differ by so much. */
const MOST_BEHIND_MS = 2_000;

/** A clock that is a little behind that of the triggerer is waited for. */
async function lookAtMoment(
  { clock }: FollowContext,
  { instance, known, wait: { at } }: WaitingTask<MomentWait>,
): Promise<WaitStep> {
  const left = Date.parse(at) - clock.now();
  if (left > MOST_BEHIND_MS) {
    const message = findTimeout(instance.task, known, clock.now());
    if (message !== undefined) return { kind: "times-out", message };
    return { kind: "waits", nextAt: dueOf(known), message: `waits until ${at}` };
  }
  await clock.sleep(Math.max(left, 0));
  return { kind: "ends", ending: { kind: "success" } };
}

/** No code of the task tells how it went. */
function toLogLine(ending: TaskOutcome): Pick<LogEntry, "level" | "event"> {
  if (ending.kind === "failed") {
    const { name, message } = ending.error;
    return { level: "error", event: `${name}: ${message}` };
  }
  const isSkipped = ending.kind === "skipped" && ending.message !== undefined;
  return { level: "info", event: isSkipped ? String(ending.message) : "The wait is over" };
}

/** The instance as it is then; undefined if its next message is on its way, or nothing was done. */
async function recordStep(
  context: FollowContext,
  {
    instance,
    known,
    step,
  }: Pick<WaitingTask<Wait>, "instance" | "known"> & { readonly step: WaitStep },
): Promise<TaskInstanceRecord | undefined> {
  if (step.kind === "ends") {
    await addLogLine(context, known, toLogLine(step.ending));
    return recordEnding(context, instance, { started: known, ending: step.ending });
  }
  if (step.kind === "times-out") {
    return recordTimeout(context, instance, { started: known, message: step.message });
  }
  const now = context.clock.now();
  // Something has woken it early.
  if ((dueOf(known) ?? Infinity) > now) return undefined;
  const { nextAt, message, wait } = step;
  const change = waitOn(known, { wakeAt: nextAt, message, wait, now });
  if (!change) return undefined;
  return context.metadata.taskInstances.update({ key: instance.key, ...change });
}
