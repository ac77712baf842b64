// Limits: whether a task may start as far as pools and other limits of active tasks go, and who gets
// the slots that come free. A task without limits costs nothing here.

import type { TaskInstanceRecord } from "../../model/records.ts";
import { isHeld, queue, waitForSlots } from "../../model/scheduling/holds.ts";
import { describeWait, type LimitDemand, orderOf } from "../../model/scheduling/limits.ts";
import { totalPriorityWeight } from "../../model/scheduling/priority.ts";
import { addLogLine } from "../tasks/log-line.ts";
import type { InstanceScope } from "../tasks/verdicts.ts";
import { HeldBack, RetryLater } from "../tasks/worker-events.ts";
import { createDemandReader, type Demands, type LimitsContext, poolLimit } from "./demands.ts";
import { createSlotGiver, type SlotGiver } from "./slot-giver.ts";

export interface Limits {
  /**
   * Takes the instance's slots of all its limits. Answers it as it is then; throws HeldBack when it
   * waits for slots, which somebody gives it later. Repeating is safe.
   */
  admit(
    instance: InstanceScope,
    known: TaskInstanceRecord | undefined,
  ): Promise<TaskInstanceRecord | undefined>;
  /**
   * Gives free slots of the limits to those who wait for them, in their order, and has them go on.
   * What fails is reported: it is done again by whoever looks for orphans. Repeating is safe.
   */
  giveOut(limits: readonly string[]): Promise<void>;
  /** The pool was made, changed or removed. */
  poolChanged(pool: string): Promise<void>;
}

export function createLimits(context: LimitsContext): Limits {
  const reader = createDemandReader(context);
  const giver = createSlotGiver(context, reader);
  return {
    async admit(instance, known) {
      const names = await reader.limitsOf(instance);
      if (names.length === 0 || known?.state === "queued") return known;
      const demands = await reader.read(names, instance);
      const found = await askDirectly(context, instance, { known, demands });
      return "limit" in found
        ? waitForTurn(context, giver, { instance, known, demands, limit: found.limit })
        : found.record;
    },
    giveOut: giver.giveOut,
    async poolChanged(pool) {
      reader.forget(pool);
      await giver.giveOut([poolLimit(pool)]);
    },
  };
}

interface Asking {
  readonly known: TaskInstanceRecord | undefined;
  readonly demands: Demands;
}

/** The instance with its slots where nobody else waits and all have room; else who has not. */
async function askDirectly(
  { metadata }: LimitsContext,
  { key, task }: InstanceScope,
  { known, demands: { demands, problem } }: Asking,
): Promise<{ readonly record: TaskInstanceRecord } | { readonly limit: string }> {
  if (problem) return problem;
  for (const { limit } of demands) {
    const { items } = await metadata.limits.listWaiters(limit, { limit: 1 });
    if (items.length > 0) return { limit };
  }
  const change = queue(known, { limits: claimsOf(demands), maxTries: task.retries });
  const admission = change && (await metadata.taskInstances.admit({ key, ...change }, demands));
  if (admission?.kind === "admitted") return { record: admission.record };
  if (admission?.kind === "full") return { limit: admission.limit };
  throw new RetryLater("Stepwind.NotYet", "another worker is at the task");
}

/** Who waits is recorded before free slots are looked for, so that none is missed. */
async function waitForTurn(
  context: LimitsContext,
  giver: SlotGiver,
  {
    instance,
    known,
    demands: { demands, problem },
    limit,
  }: Asking & { readonly instance: InstanceScope; readonly limit: string },
): Promise<TaskInstanceRecord> {
  const { metadata } = context;
  const { key, task } = instance;
  const message = problem?.problem ?? describeWait(limit);
  const slots = problem ? [{ limit, slots: task.poolSlots ?? 1 }] : [];
  const change = waitForSlots(known, {
    limits: [...slots, ...claimsOf(demands)],
    waiter: { limit, order: placeOf(instance) },
    message,
    maxTries: task.retries,
  });
  const stopAsking = giver.asks(key);
  try {
    const waiting = change && (await metadata.taskInstances.update({ key, ...change }));
    if (!waiting) throw new RetryLater("Stepwind.NotYet", "another worker is at the task");
    if (problem && known?.message !== message) await warn(context, instance, { waiting, message });
    await giver.giveOut([limit]);
  } finally {
    stopAsking();
  }
  const now = await metadata.taskInstances.get(key);
  if (now?.state === "queued") return now;
  if (now && isHeld(now)) throw new HeldBack(now.message ?? message);
  throw new RetryLater("Stepwind.NotYet", message);
}

/** Somebody has to do something before the task can start. */
async function warn(
  context: LimitsContext,
  { key: { dagId, runId, taskId } }: InstanceScope,
  { waiting, message }: { readonly waiting: TaskInstanceRecord; readonly message: string },
): Promise<void> {
  const event = `The task can't start: ${message}`;
  context.report.warn(`Task "${taskId}" of run "${runId}" of DAG "${dagId}": ${message}`);
  const next = { ...waiting, tryNumber: waiting.tryNumber + 1 };
  await addLogLine(context, next, { level: "warning", event });
}

function claimsOf(demands: readonly LimitDemand[]) {
  return demands.map(({ limit, slots }) => ({ limit, slots }));
}

/** Where the instance has its place among those that wait. */
function placeOf({ run, version, task, key: { mapIndex } }: InstanceScope): string {
  const priority = totalPriorityWeight(version.document, task.taskId);
  return orderOf({ priority, date: run.logicalDate ?? run.runAfter, mapIndex });
}
