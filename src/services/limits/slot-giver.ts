// Gives slots that are free to those who wait for them: in their order, each of whom gets all of its
// slots in one write, and then a message. One that needs more than is free lets others pass, and so
// does one that another limit keeps back: it waits there from then on, so that nobody is looked at
// for nothing again. (Airflow: _executable_task_instances_to_queued)
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import { pause, queue, waitInstead } from "../../model/scheduling/holds.ts";
import { describeWait } from "../../model/scheduling/limits.ts";
import type { WaitingInstance } from "../../ports/metadata.ts";
import type { InstanceScope } from "../tasks/verdicts.ts";
import type { DemandReader, LimitsContext } from "./demands.ts";

export interface SlotGiver {
  giveOut(limits: readonly string[]): Promise<void>;
  /**
   * A call asks for the instance's slots, and looks itself whether it has got them: it needs no
   * message. Answers what ends that.
   */
  asks(key: TaskInstanceKey): () => void;
}

/** Instances that are read at a time. */
const PAGE = 20;
/** Pages of those who can't have what is free that are passed over at most. */
const MOST_PAGES = 50;

type Parts = LimitsContext & { readonly reader: DemandReader; readonly asking: Set<string> };

export function createSlotGiver(context: LimitsContext, reader: DemandReader): SlotGiver {
  const parts: Parts = { ...context, reader, asking: new Set() };
  const running = new Map<string, { again: boolean; readonly done: Promise<void> }>();

  /** One pass after the other for each limit; calls that come in while one runs share the next. */
  function giveOut(limit: string, { isNested = false } = {}): Promise<void> {
    const current = running.get(limit);
    if (current) {
      current.again = true;
      // Two limits between which instances move must not wait for each other.
      return isNested ? Promise.resolve() : current.done;
    }
    const entry = { again: false, done: Promise.resolve() };
    entry.done = (async () => {
      try {
        do {
          entry.again = false;
          const others = await pass(parts, limit);
          for (const other of others) await giveOut(other, { isNested: true });
        } while (entry.again);
      } catch (problem) {
        context.report.warn(`Free slots of ${limit} were not given out: ${String(problem)}`);
      } finally {
        running.delete(limit);
      }
    })();
    running.set(limit, entry);
    return entry.done;
  }

  return {
    async giveOut(limits) {
      for (const limit of limits) await giveOut(limit);
    },
    asks(key) {
      const name = nameOf(key);
      parts.asking.add(name);
      return () => void parts.asking.delete(name);
    },
  };
}

/** What became of one that waits. */
type Offer =
  | { readonly kind: "given" }
  /** It can't start now for a reason of its own. */
  | { readonly kind: "passed-over" }
  /** The limit has not so many slots. */
  | { readonly kind: "no-room" }
  /** It waits for slots of another limit now. */
  | { readonly kind: "moved"; readonly to: string };

/** Gives out what is free of the limit; answers the limits that instances have moved to. */
async function pass(parts: Parts, limit: string): Promise<ReadonlySet<string>> {
  const moved = new Set<string>();
  let maxSlots = Infinity;
  let after: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await parts.metadata.limits.listWaiters(limit, {
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
      ...(maxSlots < Infinity ? { maxSlots } : {}),
    });
    for (const waiting of page.items) {
      if (waiting.slots > maxSlots) continue;
      const offer = await offerSlots(parts, waiting, limit);
      if (offer.kind === "moved") moved.add(offer.to);
      if (offer.kind === "no-room") maxSlots = waiting.slots - 1;
      if (maxSlots < 1) return moved;
    }
    if (page.next === undefined) return moved;
    after = page.next;
  }
  return moved;
}

async function offerSlots(parts: Parts, waiting: WaitingInstance, limit: string): Promise<Offer> {
  const { metadata, reader } = parts;
  const known = await metadata.taskInstances.get(waiting);
  if (known?.waiter?.limit !== limit) return { kind: "passed-over" };
  const instance = await scopeOf(parts, known);
  if (!instance) return { kind: "passed-over" };
  if (instance.run.isHeld) return leaveToUnpausing(parts, known);
  const { key, task } = instance;
  const { demands, problem } = await reader.read(await reader.limitsOf(instance), instance);
  const place = { known, order: waiting.order };
  if (problem) {
    await waitAt(parts, place, { limit: problem.limit, message: problem.problem });
    return { kind: "passed-over" };
  }
  const here = demands.find((demand) => demand.limit === limit);
  if (here && here.capacity < Infinity) {
    const usage = await metadata.limits.usage(limit);
    if (usage[here.counts] + here.slots > here.capacity) return { kind: "no-room" };
  }
  const limits = demands.map(({ limit: name, slots }) => ({ limit: name, slots }));
  const change = queue(known, { limits, maxTries: task.retries });
  const admission = change && (await metadata.taskInstances.admit({ key, ...change }, demands));
  if (admission?.kind === "admitted") {
    await letGoOn(parts, instance, admission.record);
    return { kind: "given" };
  }
  if (admission?.kind !== "full") return { kind: "passed-over" };
  if (admission.limit === limit) return { kind: "no-room" };
  const to = admission.limit;
  await waitAt(parts, place, { limit: to, message: describeWait(to) });
  return { kind: "moved", to };
}

/** Undefined when the run has ended, or its version has no such task. */
async function scopeOf(
  { metadata, versions }: Parts,
  known: TaskInstanceRecord,
): Promise<InstanceScope | undefined> {
  const run = await metadata.runs.get(known.dagId, known.runId);
  if (run?.state !== "running") return undefined;
  const version = await versions.get(run.dagId, run.versionHash);
  const task = graphOf(version.document).task(known.taskId);
  return task && { run, version, task, key: instanceKey(run, known) };
}

async function leaveToUnpausing(
  { metadata, clock }: Parts,
  known: TaskInstanceRecord,
): Promise<Offer> {
  const change = pause(known, { maxTries: known.maxTries, now: clock.now() });
  if (change) await metadata.taskInstances.update({ key: instanceKey(known, known), ...change });
  return { kind: "passed-over" };
}

async function waitAt(
  { metadata }: Parts,
  { known, order }: { readonly known: TaskInstanceRecord; readonly order: string },
  { limit, message }: { readonly limit: string; readonly message: string },
): Promise<void> {
  if (known.waiter?.limit === limit && known.message === message) return;
  const change = waitInstead(known, { waiter: { limit, order }, message });
  await metadata.taskInstances.update({ key: instanceKey(known, known), ...change });
}

/** Should the message be lost, whoever looks for orphans finds an instance that has none. */
async function letGoOn(
  { triggers, clock, asking }: Parts,
  { run: { clearNumber }, key }: InstanceScope,
  { pokes = 0 }: TaskInstanceRecord,
): Promise<void> {
  if (asking.has(nameOf(key))) return;
  await triggers.set({ ...key, clearNumber, pokes, dueAt: clock.now() });
}

function nameOf({ dagId, runId, taskId, mapIndex }: TaskInstanceKey): string {
  return JSON.stringify([dagId, runId, taskId, mapIndex]);
}
