// The listing of task instances: its filters and its order, for one run or, by "~", for those of
// many.
import { groupsOf, listedInstances } from "../../../model/listings/instance-fields.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../../model/records.ts";
import { isFinished, type TaskInstanceState } from "../../../model/states.ts";
import { ANY, type ApiContext } from "../../context.ts";
import { Problem } from "../../problems.ts";
import { pageAt } from "../../requests/cursor-pages.ts";
import {
  byDate,
  byIntegers,
  byPattern,
  byProgress,
  bySeconds,
  byText,
  byTexts,
  type Filter,
  parametersOf,
  testsOf,
} from "../../requests/filters.ts";
import { cut, type OrderKeys, readOrder, sorted } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { type PageFacts, pageFactsOf } from "../../requests/store-listing.ts";
import {
  poolOf,
  QUEUE,
  stateOf,
  type TaskInstanceFacts,
} from "../../responses/task-instance-responses.ts";
import { durationOf } from "../../responses/wire.ts";
import { RUN_PARAMETERS } from "../runs/run-conditions.ts";
import { listByCursor } from "../runs/run-cursor.ts";
import { fromEachRun, type RunScope, runsIn } from "../runs/run-scope.ts";
import { explainAll } from "./explain-waits.ts";
import { pageOfMany, readSearch } from "./instance-search.ts";

const STATES: Readonly<Record<TaskInstanceState, true>> = {
  scheduled: true,
  queued: true,
  running: true,
  restarting: true,
  success: true,
  failed: true,
  up_for_retry: true,
  up_for_reschedule: true,
  upstream_failed: true,
  skipped: true,
  deferred: true,
  awaiting_input: true,
  removed: true,
};
/** Airflow's words for an instance without a state. */
const NO_STATE: readonly string[] = ["none", "no_status"];

const FILTERS: readonly Filter<TaskInstanceFacts>[] = [
  {
    parameters: ["state"],
    toTest(query) {
      const wanted = query.choices("state", [...Object.keys(STATES), ...NO_STATE]);
      if (wanted.length === 0) return undefined;
      const isStateless = wanted.some((state) => NO_STATE.includes(state));
      return (facts) => {
        const state = stateOf(facts);
        return state === null ? isStateless : wanted.includes(state);
      };
    },
  },
  byText("task_id", ({ task }) => task.taskId),
  byPattern("task_display_name", ({ task }) => task.displayName ?? task.taskId),
  {
    parameters: ["task_group_id"],
    toTest(query) {
      const wanted = query.text("task_group_id");
      return wanted === undefined
        ? undefined
        : ({ task, version }) => groupsOf(version.document, task).includes(wanted);
    },
  },
  byProgress("start_date", ({ record }) => record?.startDate),
  byProgress("end_date", ({ record }) => record?.endDate),
  bySeconds("duration", ({ record }) => durationOf(record?.startDate, record?.endDate)),
  byTexts("pool", ({ task }) => poolOf(task)),
  byPattern("pool_name", ({ task }) => poolOf(task)),
  byTexts("queue", () => QUEUE),
  byPattern("queue_name", () => QUEUE),
  byIntegers("version_number", ({ version }) => version.number),
  byIntegers("try_number", ({ record }) => record?.tryNumber ?? 0),
  byIntegers("map_index", ({ record }) => record?.mapIndex ?? -1),
  byTexts("operator", ({ task }) => task.operator),
  byPattern("operator_name", ({ task }) => task.operator),
  // Tasks have none here.
  byTexts("executor", () => ""),
  byDate("updated_at", updatedAtOf),
  byPattern("rendered_map_index", ({ record }) => labelOf(record)),
];

const ORDER: OrderKeys<TaskInstanceFacts> = {
  id: ({ run: { dagId, runId }, task: { taskId }, record }) =>
    `${dagId}/${runId}/${taskId}/${record?.mapIndex ?? -1}`,
  rendered_map_index: ({ record }) => record?.renderedMapIndex,
  state: (facts) => stateOf(facts) ?? undefined,
  duration: ({ record }) => durationOf(record?.startDate, record?.endDate),
  start_date: ({ record }) => record?.startDate,
  end_date: ({ record }) => record?.endDate,
  map_index: ({ record }) => record?.mapIndex ?? -1,
  try_number: ({ record }) => record?.tryNumber ?? 0,
  logical_date: ({ run }) => run.logicalDate,
  run_after: ({ run }) => run.runAfter,
  data_interval_start: ({ run }) => run.dataIntervalStart,
  data_interval_end: ({ run }) => run.dataIntervalEnd,
  operator: ({ task }) => task.operator,
  task_id: ({ task }) => task.taskId,
};
/**
 * Airflow's order when none is asked for; here the instances of a run are in the order of the DAG.
 */
const DEFAULT_ORDER = "map_index";

/** What the listing takes besides a page. */
export const TASK_INSTANCE_LIST_PARAMETERS: readonly string[] = [
  "cursor",
  "order_by",
  ...RUN_PARAMETERS,
  ...parametersOf(FILTERS),
];

/** What the listing of a mapped task's instances takes besides a page: less than that of all. */
export const MAPPED_LIST_PARAMETERS: readonly string[] = TASK_INSTANCE_LIST_PARAMETERS.filter(
  (name) => !/^(cursor|task_id|task_group_id|(task_display_name|dag_id|run_id)_.*)$/.test(name),
);

export interface TaskInstancePage extends PageFacts {
  readonly instances: readonly TaskInstanceFacts[];
}

/** What the listing is narrowed down to besides its query. */
interface Narrowed extends RunScope {
  readonly cursor?: string | undefined;
  /** Only instances of mapped tasks with an index. */
  readonly isMapped?: boolean;
  /** Absent: those of all tasks. */
  readonly taskIds?: readonly string[];
}

/** The page that the query asks for: by cursor, or by limit and offset. */
export async function listTaskInstances(
  context: ApiContext,
  query: Query,
  { cursor, isMapped = false, taskIds, ...scope }: Narrowed,
): Promise<TaskInstancePage> {
  if (scope.dagId === ANY && scope.runId !== ANY) {
    throw new Problem(400, "dag_id is required when dag_run_id is specified");
  }
  const tests = testsOf(FILTERS, query, context.platform.clock.now());
  const isWanted = (facts: TaskInstanceFacts) =>
    (!isMapped || (facts.record?.mapIndex ?? -1) >= 0) &&
    (taskIds?.includes(facts.task.taskId) ?? true) &&
    tests.every((test) => test(facts));
  const read = (run: DagRunRecord) => instancesOf(context, run);
  const fallback = isMapped ? [DEFAULT_ORDER] : [];
  const order = readOrder(query, { names: Object.keys(ORDER), fallback });
  if (cursor !== undefined && scope.runId === ANY) {
    if (order.some(({ name, isDescending }) => name !== DEFAULT_ORDER || isDescending)) {
      throw new Problem(
        400,
        `With \`cursor\` task instances of several runs come ordered by \`${DEFAULT_ORDER}\``,
      );
    }
    const page = await listByCursor(context, query, { scope, cursor, read, isWanted });
    const instances = await explainAll(context, page.items);
    return { instances, ...UNCOUNTED, nextCursor: page.next, previousCursor: null };
  }
  const isSearched = scope.runId === ANY && !needsActiveRun(query);
  const search = isSearched ? readSearch(context, query, { ...scope, taskIds }, order) : undefined;
  if (search && cursor === undefined) {
    const active = await runsIn(context, query, { ...scope, states: ACTIVE_RUNS });
    const live = (await fromEachRun(active, read)).filter(isWanted);
    const page = await pageOfMany(context, query, { search, live, order, keys: ORDER });
    if (page) return { ...page, instances: await explainAll(context, page.instances) };
  }
  const states = needsActiveRun(query) ? ACTIVE_RUNS : undefined;
  const all = await fromEachRun(await runsIn(context, query, { ...scope, states }), read);
  const found = sorted(all.filter(isWanted), order, ORDER);
  if (cursor !== undefined) {
    const { limit } = query.page();
    const page = pageAt(found, { cursor, limit, order, keys: ORDER, idOf });
    const instances = await explainAll(context, page.items);
    return { instances, ...UNCOUNTED, nextCursor: page.next, previousCursor: page.previous };
  }
  const instances = await explainAll(context, cut(found, query.page()));
  return {
    instances,
    ...pageFactsOf({ items: [], total: { count: found.length, isCapped: false } }),
  };
}

const UNCOUNTED = { total: null, totalLimit: null } as const;

const idOf = ({ task, record }: TaskInstanceFacts) => [task.taskId, `${record?.mapIndex ?? -1}`];

const ACTIVE_RUNS = ["queued", "running"] as const;

/** Whether all states that are asked for are those of instances that something goes on for. */
function needsActiveRun(query: Query): boolean {
  const wanted = query.texts("state");
  return wanted.length > 0 && wanted.every((state) => UNDER_WAY.has(state));
}

const UNDER_WAY: ReadonlySet<string> = new Set(
  (Object.keys(STATES) as TaskInstanceState[]).filter((state) => !isFinished(state)),
);

/** Every instance of the run's tasks in the order of the DAG; a mapped task's by index. */
async function instancesOf(
  { platform, services }: ApiContext,
  run: DagRunRecord,
): Promise<readonly TaskInstanceFacts[]> {
  const { dagId, runId, versionHash } = run;
  const version = await services.versions.get(dagId, versionHash);
  const records = await platform.metadata.taskInstances.list({ dagId, runId });
  return listedInstances(run, version.document, records).map(({ task, record }) => ({
    ...{ run, version, task, record },
    queuedSince: platform.runner.queuedSince?.(record),
  }));
}

/** When the instance last changed, as far as its dates tell. */
function updatedAtOf({ run, record }: TaskInstanceFacts): string {
  const { startDate, endDate, pokedAt, lookedAt, pausedAt, heldAt } = record ?? {};
  return [startDate, endDate, pokedAt, lookedAt, pausedAt, heldAt].reduce<string>(
    (latest, date) => (date !== undefined && date > latest ? date : latest),
    run.queuedAt,
  );
}

/** As Airflow shows it; an instance without an index has "-1" where it is searched for. */
function labelOf(record: TaskInstanceRecord | undefined): string {
  return record?.renderedMapIndex ?? String(record?.mapIndex ?? -1);
}
