// Renders the templates of a task with Airflow's names. Loaded only when there is a template.

import type { JsonObject } from "../model/values/json.ts";
import type { AssetEvent } from "../sdk/assets/events.ts";
import type { ConnectionResult, TaskClient } from "../sdk/client.ts";
import type { DagRunContext, TaskContext } from "../sdk/context.ts";
import { Accessor, ContextObject } from "../templates/context-object.ts";
import { DateTimeValue } from "../templates/datetime/datetime.ts";
import type { Names } from "../templates/interpret/scope.ts";
import { macros } from "../templates/macros.ts";
import { Dict } from "../templates/python/dict.ts";
import { TemplateNameError } from "../templates/python/errors.ts";
import { NativeFunction, parameters } from "../templates/python/functions.ts";
import { fromJson, parseJson } from "../templates/python/json.ts";
import { Tuple } from "../templates/python/tuple.ts";
import { Undefined } from "../templates/python/undefined.ts";
import { type Arguments, orElse, type Value } from "../templates/python/values.ts";
import { renderBody } from "../templates/renderer.ts";
import { scanTemplate, type TemplateNeeds } from "../templates/scan.ts";
import { XCOM_PULL, xcomKey } from "../templates/xcom-needs.ts";

/** What names stand for. */
export interface RenderScope {
  readonly context: TaskContext;
  readonly client: TaskClient;
  /** What `task` has besides its own names. */
  readonly task?: JsonObject;
}

/** The rendered text. Rejects with the name in the message when a name stands for nothing. */
export async function renderTemplate(text: string, scope: RenderScope): Promise<string> {
  const { needs, problems, body } = scanTemplate(text);
  // With more names of `task`, whether one is known shows when it is rendered.
  const isOfTask = (name = "") => scope.task !== undefined && name.startsWith("task.");
  const problem = problems.find(({ name }) => !isOfTask(name));
  if (!body || problem) {
    throw new TemplateNameError(
      `Template ${quote(text)} ${problem?.message ?? "can't be rendered"}`,
    );
  }
  const fetched = await fetchNames(needs, scope);
  try {
    return renderBody(body, contextNames(scope, fetched));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = scope.context.logicalDate === undefined ? "; the run has no logical date" : "";
    throw new TemplateNameError(
      `Template ${quote(text)} failed: ${reason}${hint}`,
      // One of ours says no more than its message.
      error instanceof TemplateNameError ? {} : { cause: error },
    );
  }
}

/** The items of a list or tuple, or the value alone. */
function itemsOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  return value instanceof Tuple ? value.items : [value];
}

function isSeveral(value: Value): boolean {
  return Array.isArray(value) || value instanceof Tuple;
}

function quote(text: string): string {
  return `"${text.length > 120 ? `${text.slice(0, 120)}…` : text}"`;
}

/** What a name stands for; made when a template asks for it. */
type NameMakers = Readonly<
  Record<string, (context: TaskContext, task: JsonObject) => Value | undefined>
>;

const NAMES: NameMakers = {
  ds: ({ ds }) => ds,
  ds_nodash: ({ dsNodash }) => dsNodash,
  ts: ({ ts }) => ts,
  ts_nodash: ({ tsNodash }) => tsNodash,
  ts_nodash_with_tz: ({ tsNodashWithTz }) => tsNodashWithTz,
  logical_date: ({ logicalDate }) => toDate(logicalDate),
  data_interval_start: ({ dataIntervalStart }) => toDate(dataIntervalStart),
  data_interval_end: ({ dataIntervalEnd }) => toDate(dataIntervalEnd),
  partition_key: ({ partitionKey }) => partitionKey ?? null,
  partition_date: ({ partitionDate }) => toDate(partitionDate) ?? null,
  dag_id: ({ dagId }) => dagId,
  task_id: ({ taskId }) => taskId,
  run_id: ({ runId }) => runId,
  try_number: ({ tryNumber }) => BigInt(tryNumber),
  map_index: ({ mapIndex }) => BigInt(mapIndex),
  task_instance_key_str: ({ dagId, taskId, dsNodash, runId }) =>
    `${dagId}__${taskId}__${dsNodash ?? runId}`,
  dag: ({ dagId, dag: { description = null, tags, timezone } }) =>
    new ContextObject(
      "dag",
      { dag_id: dagId, description, tags: [...tags], timezone },
      `<DAG: ${dagId}>`,
    ),
  task: ({ taskId, task: { operator, owner, retries } }, fields) =>
    new ContextObject("task", {
      ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, fromJson(value)])),
      task_id: taskId,
      operator,
      owner,
      retries: BigInt(retries),
    }),
  dag_run: ({ dagRun }) => dagRunObject(dagRun),
  params: ({ params }) => fromJson(params),
  macros: () => macros,
};

/**
 * Each name is made once, so that what a template changes stays changed; one without a value is not
 * defined.
 */
function contextNames(
  { context, task = {} }: RenderScope,
  fetched: ReadonlyMap<string, Value>,
): Names {
  const made = new Map<string, Value | undefined>(fetched);
  return {
    get(name) {
      if (made.has(name) || !Object.hasOwn(NAMES, name)) return made.get(name);
      const value = NAMES[name]?.(context, task);
      made.set(name, value);
      return value;
    },
  };
}

function toDate(text: string | undefined): DateTimeValue | undefined {
  return text === undefined ? undefined : DateTimeValue.fromMs(Date.parse(text));
}

function dagRunObject(run: DagRunContext): ContextObject {
  return new ContextObject("dag_run", {
    dag_id: run.dagId,
    run_id: run.runId,
    run_type: run.runType,
    logical_date: toDate(run.logicalDate),
    data_interval_start: toDate(run.dataIntervalStart),
    data_interval_end: toDate(run.dataIntervalEnd),
    run_after: toDate(run.runAfter),
    partition_key: run.partitionKey ?? null,
    partition_date: toDate(run.partitionDate) ?? null,
    start_date: toDate(run.startDate),
    conf: fromJson(run.conf),
  });
}

/** Variables, connections and XComs, all at once: a template is rendered without waiting. */
async function fetchNames(
  needs: TemplateNeeds,
  { context, client }: RenderScope,
): Promise<ReadonlyMap<string, Value>> {
  const [events, variables, connections, xcoms] = await Promise.all([
    needs.triggeringEvents ? context.triggeringAssetEvents.all() : [],
    fetchAll(needs.variables, (key) => client.getVariable(key)),
    fetchAll(needs.connections, (connId) => client.getConnection(connId)),
    fetchAll(needs.xcoms.keys(), (key) => fetchXCom(key, needs, client)),
  ]);
  const ti = instanceObject(context, xcoms);
  return new Map<string, Value>([
    ...(needs.triggeringEvents
      ? [["triggering_asset_events", eventsByAsset(events)] as const]
      : []),
    ["var", variablesObject(variables)],
    ["conn", new Accessor("conn", mapValues(connections, connectionObject), null)],
    ["ti", ti],
    ["task_instance", ti],
  ]);
}

async function fetchAll<T>(
  keys: Iterable<string>,
  fetch: (key: string) => Promise<T | null>,
): Promise<ReadonlyMap<string, T>> {
  const found = await Promise.all([...keys].map(async (key) => [key, await fetch(key)] as const));
  return new Map(found.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
}

async function fetchXCom(
  name: string,
  { xcoms }: TemplateNeeds,
  client: TaskClient,
): Promise<unknown> {
  const need = xcoms.get(name);
  if (!need) return null;
  const { taskId, key, mapIndex } = need;
  return client.getXCom({
    key,
    ...(taskId === undefined ? {} : { taskId }),
    ...(mapIndex === undefined ? {} : { mapIndex }),
  });
}

function mapValues<T>(
  values: ReadonlyMap<string, T>,
  change: (value: T) => Value | undefined,
): ReadonlyMap<string, Value> {
  const changed = new Map<string, Value>();
  for (const [key, value] of values) {
    const made = change(value);
    if (made !== undefined) changed.set(key, made);
  }
  return changed;
}

function variablesObject(variables: ReadonlyMap<string, string>): ContextObject {
  const accessor = (name: string, read: (text: string) => Value | undefined) =>
    new Accessor(name, mapValues(variables, read), Undefined.named(`${name}.get(…)`));
  return new ContextObject("var", {
    value: accessor("var.value", (text) => text),
    json: accessor("var.json", readJson),
  });
}

/** Unlike values of JavaScript, JSON text says whether a number is an int or a float. */
function readJson(text: string): Value | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function connectionObject(connection: ConnectionResult): ContextObject {
  const { id, type, extraDejson, port, host, schema, login, password, extra } = connection;
  return new ContextObject("conn", {
    conn_id: id,
    conn_type: type,
    host,
    schema,
    login,
    password,
    port: port === null ? null : BigInt(port),
    extra,
    extra_dejson: fromJson(extraDejson),
  });
}

/** Lists of events by their assets, in the order of the first event of each. */
function eventsByAsset(events: readonly AssetEvent[]): Dict {
  const assets = new Map<string, [ContextObject, Value[]]>();
  for (const event of events) {
    const { name, uri, group } = event.asset;
    const text = JSON.stringify([name, uri]);
    const known = assets.get(text);
    const asset = known?.[0] ?? new ContextObject("asset", { name, uri, group }, uri);
    const list = known?.[1] ?? [];
    list.push(eventObject(event, asset));
    assets.set(text, [asset, list]);
  }
  return new Dict(assets.values());
}

function eventObject({ extra, timestamp, source, ...event }: AssetEvent, asset: Value): Value {
  return new ContextObject("asset_event", {
    asset,
    uri: event.asset.uri,
    extra: fromJson(extra),
    timestamp: toDate(timestamp),
    source_dag_id: source?.dagId ?? null,
    source_task_id: source?.taskId ?? null,
    source_run_id: source?.runId ?? null,
    source_map_index: BigInt(source?.mapIndex ?? -1),
    partition_key: event.partitionKey ?? null,
  });
}

function instanceObject({ ti }: TaskContext, xcoms: ReadonlyMap<string, unknown>): ContextObject {
  return new ContextObject("ti", {
    dag_id: ti.dagId,
    task_id: ti.taskId,
    run_id: ti.runId,
    try_number: BigInt(ti.tryNumber),
    max_tries: BigInt(ti.maxTries),
    map_index: BigInt(ti.mapIndex),
    xcom_pull: new NativeFunction("xcom_pull", (args) => pullXComs(args, xcoms)),
  });
}

const readXComPull = parameters("xcom_pull", ...XCOM_PULL);

/**
 * One value, or a list where several tasks or indexes are asked for; the scan has read the same
 * arguments.
 */
function pullXComs(args: Arguments, xcoms: ReadonlyMap<string, unknown>): Value {
  const [taskIds = null, , key = "return_value", , mapIndexes = null, fallback = null] =
    readXComPull(args);
  const [tasks, indexes] = [itemsOf(taskIds), itemsOf(mapIndexes)];
  const values = tasks.flatMap((task) =>
    indexes.map((index) => {
      const name = xcomKey({
        taskId: typeof task === "string" ? task : undefined,
        key: String(key),
        mapIndex: typeof index === "bigint" ? Number(index) : undefined,
      });
      return xcoms.has(name) ? fromJson(xcoms.get(name)) : fallback;
    }),
  );
  const isSingle = !isSeveral(taskIds) && !isSeveral(mapIndexes);
  return isSingle ? orElse(values[0], () => fallback) : values;
}
