// Limits of active tasks: pools, and the limits that a DAG sets for its runs and tasks. Each is a
// counter with a name. An instance that may start claims slots of every limit that concerns it, and
// what its claims count as follows from its state alone; so whoever changes the state changes the
// counters with it, in the same write. (Airflow: scheduler_job_runner.py,
// _executable_task_instances_to_queued; models/pool.py)
import type { DagDocument, TaskDocument } from "../document.ts";
import { DEFAULT_POOL, type LimitName, limitNameText, parseLimitName } from "../ids.ts";
import type {
  Changes,
  LimitClaim,
  PoolRecord,
  SlotWaiter,
  TaskInstanceRecord,
} from "../records.ts";
import type { TaskInstanceState } from "../states.ts";

/** Slots in use of one limit, by the states of the instances that claim them. */
export interface LimitUsage {
  /** Of instances that wait for their slots. */
  readonly scheduled: number;
  readonly queued: number;
  readonly running: number;
  readonly deferred: number;
  /** Queued and running together. */
  readonly executing: number;
  /** These and all others that have begun and go on: deferred ones, and those that await input. */
  readonly begun: number;
}

export const NO_USAGE: LimitUsage = {
  scheduled: 0,
  queued: 0,
  running: 0,
  deferred: 0,
  executing: 0,
  begun: 0,
};

/** A claim with what the limit has room for. */
export interface LimitDemand extends LimitClaim {
  /** Infinity: any number. */
  readonly capacity: number;
  /** Which instances take up room (Airflow: a pool's include_deferred; max_active_tis_per_dag). */
  readonly counts: "executing" | "begun";
}

/** Why an instance may not even wait for slots in hope, for people. */
export interface LimitProblem {
  readonly limit: string;
  readonly problem: string;
}

/** Finds the record of a pool; undefined where there is none. */
export type FindPool = (pool: string) => PoolRecord | undefined;

/** The limits that a task has; empty for a plain task. */
export function limitsOf(
  { dagId, maxActiveTasks }: DagDocument,
  task: TaskDocument,
  { runId, hasDefaultPool }: { readonly runId: string; readonly hasDefaultPool: boolean },
): readonly LimitName[] {
  const { taskId, pool = DEFAULT_POOL, maxActiveTisPerDag, maxActiveTisPerDagrun } = task;
  const names: LimitName[] = [];
  if (pool !== DEFAULT_POOL || hasDefaultPool) names.push({ kind: "pool", pool });
  if (maxActiveTasks !== undefined) names.push({ kind: "run", dagId, runId });
  if (maxActiveTisPerDag !== undefined) names.push({ kind: "task", dagId, taskId });
  if (maxActiveTisPerDagrun !== undefined) {
    names.push({ kind: "task-in-run", dagId, runId, taskId });
  }
  return names;
}

/** What an instance claims of a limit, and the limit's room; or why it can't have that ever. */
export function demandOf(
  name: LimitName,
  {
    document,
    task,
    findPool,
  }: {
    readonly document: DagDocument;
    readonly task: TaskDocument;
    readonly findPool: FindPool;
  },
): LimitDemand | LimitProblem {
  const limit = limitNameText(name);
  switch (name.kind) {
    case "pool": {
      const { poolSlots: slots = 1 } = task;
      const pool = findPool(name.pool);
      if (!pool) return { limit, problem: describeUnknownPool(name.pool) };
      const capacity = pool.slots < 0 ? Infinity : pool.slots;
      // One without slots is closed: what waits there waits for that to end.
      if (slots > capacity && capacity > 0) {
        const problem = `the task needs ${slots} slots of pool "${name.pool}", which has ${capacity} in all; it does not start until the pool has more, or its poolSlots are fewer`;
        return { limit, problem };
      }
      return { limit, slots, capacity, counts: pool.includeDeferred ? "begun" : "executing" };
    }
    case "run":
      return {
        limit,
        slots: 1,
        capacity: document.maxActiveTasks ?? Infinity,
        counts: "executing",
      };
    case "task":
      return { limit, slots: 1, capacity: task.maxActiveTisPerDag ?? Infinity, counts: "begun" };
    case "task-in-run":
      return { limit, slots: 1, capacity: task.maxActiveTisPerDagrun ?? Infinity, counts: "begun" };
  }
}

function describeUnknownPool(pool: string): string {
  return `there is no pool "${pool}"; the task does not start until somebody makes one: stepwind pools set ${JSON.stringify(pool)} SLOTS DESCRIPTION`;
}

/** What an instance waits for, for people. */
export function describeWait(limit: string): string {
  const name = parseLimitName(limit);
  switch (name.kind) {
    case "pool":
      return `waits for slots of pool "${name.pool}"`;
    case "run":
      return "waits until fewer tasks of the run are active (maxActiveTasks)";
    case "task":
      return "waits until fewer instances of the task are active in all runs (maxActiveTisPerDag)";
    case "task-in-run":
      return "waits until fewer instances of the task are active in the run (maxActiveTisPerDagrun)";
  }
}

/** Airflow's name of the dependency that keeps an instance back. */
export function dependencyNameOf(limit: string): string {
  switch (parseLimitName(limit).kind) {
    case "pool":
      return "Pool Slots Available";
    case "run":
      return "Task Instance Slots Available";
    case "task":
    case "task-in-run":
      return "Task Concurrency";
  }
}

const MOST = 2_147_483_647;

/**
 * Where an instance has its place among those that wait, as a text: by priority weight, the highest
 * first, then the run's date, then the map index, which is Airflow's order.
 */
export function orderOf({
  priority,
  date,
  mapIndex,
}: {
  readonly priority: number;
  /** The run's logical date, or when it was due if it has none; UTC ISO text. */
  readonly date: string;
  readonly mapIndex: number;
}): string {
  const rank = String(MOST - priority).padStart(10, "0");
  return `${rank} ${date} ${String(mapIndex + 1).padStart(6, "0")}`;
}

/** The states in which an instance's claims count for something. */
const COUNTED: ReadonlySet<TaskInstanceState | null> = new Set([
  "scheduled",
  "queued",
  "running",
  "restarting",
  "deferred",
  "awaiting_input",
]);

/** The fields of an instance that say what it claims. */
export interface Limited extends Pick<TaskInstanceRecord, "state"> {
  readonly limits?: readonly LimitClaim[] | undefined;
  readonly waiter?: SlotWaiter | undefined;
}

/** What a change of an instance means for its limits. */
export interface LimitEffects {
  /** What is added to the counters, by the limit's name; only what changes. */
  readonly usage: ReadonlyMap<string, LimitUsage>;
  readonly leaves?: SlotWaiter;
  readonly waits?: SlotWaiter & Pick<LimitClaim, "slots">;
}

/**
 * The fields about limits after a change. A change of the state ends the wait unless it says
 * otherwise, and one to a state that takes up no room ends the claims.
 */
export function settleLimits(
  before: Limited,
  set: Changes<Limited>,
): Changes<Pick<TaskInstanceRecord, "limits" | "waiter" | "freed">> | undefined {
  if (before.limits === undefined && set.limits === undefined) return undefined;
  if (!("state" in set)) return undefined;
  const { state = null, limits = before.limits ?? [], waiter } = set;
  const after = { state, limits: COUNTED.has(state) ? limits : [] };
  const gains = usageChange(before, after);
  const freed = [...gains.keys()].filter((limit) => (gains.get(limit)?.begun ?? 0) < 0);
  return {
    limits: after.limits.length > 0 ? after.limits : undefined,
    waiter,
    freed: freed.length > 0 ? freed : undefined,
  };
}

/** What to do to the counters and waiters when an instance changes so. */
export function limitEffects(before: Limited, after: Limited): LimitEffects {
  const isSame = JSON.stringify(before.waiter) === JSON.stringify(after.waiter);
  return {
    usage: usageChange(before, after),
    ...(before.waiter && !isSame ? { leaves: before.waiter } : {}),
    ...(after.waiter && !isSame ? { waits: withSlots(after.waiter, after) } : {}),
  };
}

function withSlots(waiter: SlotWaiter, { limits = [] }: Limited) {
  const { slots = 1 } = limits.find(({ limit }) => limit === waiter.limit) ?? {};
  return { ...waiter, slots };
}

/** Whether the limit has room for the change of its usage. */
export function hasRoom(
  { capacity, counts }: Pick<LimitDemand, "capacity" | "counts">,
  { usage, change }: { readonly usage: LimitUsage; readonly change: LimitUsage },
): boolean {
  return change[counts] <= 0 || usage[counts] + change[counts] <= capacity;
}

export const USAGE_FIELDS = [
  "scheduled",
  "queued",
  "running",
  "deferred",
  "executing",
  "begun",
] as const satisfies readonly (keyof LimitUsage)[];

/** The sum of both, field by field. */
export function addUsage(a: LimitUsage, b: LimitUsage): LimitUsage {
  const sum = { ...NO_USAGE };
  for (const field of USAGE_FIELDS) sum[field] = a[field] + b[field];
  return sum;
}

function usageChange(before: Limited, after: Limited): ReadonlyMap<string, LimitUsage> {
  const change = new Map<string, LimitUsage>();
  for (const [record, sign] of [
    [before, -1],
    [after, 1],
  ] as const) {
    for (const claim of record.limits ?? []) {
      const usage = usageIn(record.state, claim, sign);
      change.set(claim.limit, addUsage(change.get(claim.limit) ?? NO_USAGE, usage));
    }
  }
  for (const [limit, usage] of change) {
    if (USAGE_FIELDS.every((field) => usage[field] === 0)) change.delete(limit);
  }
  return change;
}

function usageIn(
  state: TaskInstanceState | null,
  { limit, slots }: LimitClaim,
  sign: 1 | -1,
): LimitUsage {
  const count = slots * sign;
  switch (state) {
    case "scheduled":
      return { ...NO_USAGE, scheduled: count };
    case "queued":
      return { ...NO_USAGE, queued: count, executing: count, begun: count };
    // Its worker is about to be stopped, and still at work.
    case "restarting":
    case "running":
      return { ...NO_USAGE, running: count, executing: count, begun: count };
    case "deferred":
      return { ...NO_USAGE, deferred: count, begun: count };
    case "awaiting_input":
      // Airflow: takes no slot of a pool, whatever the pool includes.
      return parseLimitName(limit).kind === "pool" ? NO_USAGE : { ...NO_USAGE, begun: count };
    default:
      return NO_USAGE;
  }
}
