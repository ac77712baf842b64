// Task instances of many runs: those of runs that have ended come from the store, which has them in
// order; those of runs that go on are read with their runs, and merged into them.

import { graphOf } from "../../../model/graph.ts";
import { UNMAPPED } from "../../../model/instance-key.ts";
import { type Condition, type OrderBy, testOf } from "../../../model/listings/conditions.ts";
import type { InstanceField } from "../../../model/listings/instance-fields.ts";
import { instancesOfTask, toRecord } from "../../../model/mapping/instances.ts";
import type { DagRunRecord, TaskInstanceKey } from "../../../model/records.ts";
import type { ApiContext } from "../../context.ts";
import {
  type ConditionFilter,
  conditionsOf,
  isOneOf,
  onDates,
  onIntegers,
  onPattern,
  onProgress,
  onSeconds,
  onText,
  onTexts,
} from "../../requests/conditions.ts";
import {
  compareValues,
  type OrderField,
  type OrderKeys,
  sorted,
  valuesOf,
} from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { askStore, type PageFacts, pageFactsOf } from "../../requests/store-listing.ts";
import { QUEUE, type TaskInstanceFacts } from "../../responses/task-instance-responses.ts";
import { type RunChoice, readRunConditions } from "../runs/run-conditions.ts";

/** Airflow's words for an instance without a state. */
const NO_STATE: readonly string[] = ["none", "no_status"];

/** Fields that all instances have the same value of. */
const CONSTANTS = { queue: QUEUE, executor: "" } as const;
type Constant = keyof typeof CONSTANTS;

const FILTERS: readonly ConditionFilter<InstanceField>[] = [
  {
    parameters: ["state"],
    toConditions(query) {
      const states = query.texts("state").map((state) => (NO_STATE.includes(state) ? "" : state));
      return states.length === 0 ? [] : [isOneOf("state", new Set(states))];
    },
  },
  onText("task_id", "taskId"),
  onPattern("task_display_name", "displayName"),
  onText("task_group_id", "group"),
  onProgress("start_date", "startDate"),
  onProgress("end_date", "endDate"),
  onSeconds("duration", "duration"),
  onTexts("pool", "pool"),
  onPattern("pool_name", "pool"),
  onIntegers("version_number", "versionNumber"),
  onIntegers("try_number", "tryNumber"),
  onIntegers("map_index", "mapIndex"),
  onTexts("operator", "operator"),
  onPattern("operator_name", "operator"),
  onDates("updated_at", "updatedAt"),
  onPattern("rendered_map_index", "label"),
];

const CONSTANT_FILTERS: readonly ConditionFilter<Constant>[] = [
  onTexts("queue", "queue"),
  onPattern("queue_name", "queue"),
  onTexts("executor", "executor"),
];

/** The orders that the store has; others take the runs. */
const ORDER: Readonly<Record<string, InstanceField>> = {
  state: "state",
  duration: "duration",
  start_date: "startDate",
  end_date: "endDate",
  map_index: "mapIndex",
  try_number: "tryNumber",
  logical_date: "logicalDate",
  run_after: "runAfter",
  operator: "operator",
  task_id: "taskId",
};

const NEWEST_FIRST: readonly OrderField[] = [{ name: "run_after", isDescending: true }];

export interface InstanceSearch {
  readonly conditions: readonly Condition<InstanceField>[];
  readonly order: readonly OrderBy<InstanceField>[];
}

/** The query for the store; undefined in an order that it hasn't. */
export function readSearch(
  { platform: { clock } }: ApiContext,
  query: Query,
  { taskIds, ...choice }: RunChoice & { readonly taskIds: readonly string[] | undefined },
  order: readonly OrderField[],
): InstanceSearch | undefined {
  const fields = (order.length === 0 ? NEWEST_FIRST : order).map(({ name, isDescending }) => {
    const field = ORDER[name];
    return field && { field, isDescending };
  });
  const known = fields.filter((by) => by !== undefined);
  if (known.length < fields.length) return undefined;
  const now = clock.now();
  const isPossible = conditionsOf(CONSTANT_FILTERS, query, now).every((condition) =>
    testOf(condition)(CONSTANTS[condition.field]),
  );
  return {
    conditions: [
      ...readRunConditions(query, choice, now),
      ...conditionsOf(FILTERS, query, now),
      ...(taskIds === undefined ? [] : [isOneOf("taskId" as const, taskIds)]),
      ...(isPossible ? [] : [isOneOf("taskId" as const, [])]),
    ],
    order: known,
  };
}

/** The page by offset; undefined where the store has no index for it. */
export async function pageOfMany(
  context: ApiContext,
  query: Query,
  {
    search,
    live,
    order,
    keys,
  }: {
    readonly search: InstanceSearch;
    /** The instances of runs that go on which the query means, newest run first. */
    readonly live: readonly TaskInstanceFacts[];
    readonly order: readonly OrderField[];
    readonly keys: OrderKeys<TaskInstanceFacts>;
  },
): Promise<(PageFacts & { readonly instances: readonly TaskInstanceFacts[] }) | undefined> {
  const { taskInstances } = context.platform.metadata;
  const { limit, offset } = query.page();
  // So many of the page's instances, and of those in front of it, may be live.
  const first = Math.max(0, offset - live.length);
  const listing = { ...search, offset: first, limit: offset + limit - first, isCounted: true };
  const found = await askStore(
    async () => (await taskInstances.find(listing)) ?? { items: [] },
    undefined,
  );
  if (!found.total) return undefined;
  const ended = await readAll(context, found.items);
  const by = order.length === 0 ? NEWEST_FIRST : order;
  const isBefore = createComparison(by, keys);
  const own = sorted(live, by, keys);
  const [head] = ended;
  const passed = first === 0 ? 0 : own.filter((facts) => !head || isBefore(facts, head)).length;
  const merged = merge(own.slice(passed), ended, isBefore);
  const start = offset - first - passed;
  const { count, isCapped } = found.total;
  return {
    instances: merged.slice(start, start + limit),
    ...pageFactsOf({ items: [], total: { count: count + live.length, isCapped } }),
  };
}

type Comparison = (live: TaskInstanceFacts, ended: TaskInstanceFacts) => boolean;

/** Of those that are equal in all fields, the newest run comes first, or last. */
function createComparison(
  order: readonly OrderField[],
  keys: OrderKeys<TaskInstanceFacts>,
): Comparison {
  const tie = { name: "run_after", isDescending: order[0]?.isDescending ?? false };
  const by = [...order, tie];
  return (live, ended) =>
    compareValues(valuesOf(live, by, keys), valuesOf(ended, by, keys), by) <= 0;
}

function merge(
  live: readonly TaskInstanceFacts[],
  ended: readonly TaskInstanceFacts[],
  isBefore: Comparison,
): readonly TaskInstanceFacts[] {
  const merged: TaskInstanceFacts[] = [];
  let at = 0;
  for (const facts of ended) {
    for (let next = live[at]; next && isBefore(next, facts); next = live[at]) {
      merged.push(next);
      at += 1;
    }
    merged.push(facts);
  }
  return [...merged, ...live.slice(at)];
}

/** The instances with their runs; those that have gone meanwhile are left out. */
async function readAll(
  context: ApiContext,
  keys: readonly TaskInstanceKey[],
): Promise<readonly TaskInstanceFacts[]> {
  const { runs } = context.platform.metadata;
  const known = new Map<string, Promise<DagRunRecord | undefined>>();
  const runOf = ({ dagId, runId }: TaskInstanceKey) => {
    const id = JSON.stringify([dagId, runId]);
    const run = known.get(id) ?? runs.get(dagId, runId);
    known.set(id, run);
    return run;
  };
  const found = keys.map(async (key) => {
    const run = await runOf(key);
    return run && factsAt(context, run, key);
  });
  return (await Promise.all(found)).filter((facts) => facts !== undefined);
}

async function factsAt(
  { platform, services }: ApiContext,
  run: DagRunRecord,
  key: TaskInstanceKey,
): Promise<TaskInstanceFacts | undefined> {
  const { dagId, runId, taskId, mapIndex } = key;
  const { taskInstances } = platform.metadata;
  const version = await services.versions.get(dagId, run.versionHash);
  const task = graphOf(version.document).task(taskId);
  if (!task) return undefined;
  // One that has no record of its own looks as that of the task as a whole says.
  const own =
    (await taskInstances.get(key)) ?? (await taskInstances.get({ ...key, mapIndex: UNMAPPED }));
  const instance = instancesOfTask(version.document, task, own ? [own] : []).find(
    (each) => each.mapIndex === mapIndex,
  );
  return instance && { run, version, task, record: toRecord(instance, { dagId, runId, task }) };
}
