// …/taskInstances/{task_id}/state-store: the values that a task instance keeps across its tries
// (Airflow 3.3: task_state_store.py).
import { z } from "zod";
import { graphOf } from "../../../model/graph.ts";
import { instancesOfTask } from "../../../model/mapping/instances.ts";
import type { TaskInstanceKey } from "../../../model/records.ts";
import type { Json } from "../../../model/values/json.ts";
import { parseAwareMoment, toIso } from "../../../model/values/time.ts";
import type { TaskStateEntry } from "../../../ports/task-states.ts";
import { OWN_STATES } from "../../../services/notifications/notifier.ts";
import { counts, MAX_TASK_STATE_BYTES } from "../../../services/tasks/task-services.ts";
import type { Api, ApiContext } from "../../context.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { accepts, PAGE } from "../../requests/accepts.ts";
import { readBody } from "../../requests/body.ts";
import { cut } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { toWireDate, toWireDateOrNull } from "../../responses/wire.ts";

const STORE = "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id/state-store";
/** As in Airflow, a key may have slashes. */
const ENTRY = `${STORE}/:key{.+}`;

const VALUE = z.custom<Json>((value) => value !== undefined, {
  error: "Field required",
  params: { type: "missing" },
});

const SET_BODY = z.strictObject({
  value: VALUE,
  expires_at: z
    .string()
    .refine((text) => text === "default" || parseAwareMoment(text) !== undefined, {
      error: "Input should be a valid datetime with timezone info, or 'default'",
      params: { type: "datetime_from_date_parsing" },
    })
    .nullish(),
});
const PATCH_BODY = z.strictObject({ value: VALUE });

export function addStateStoreRoutes(app: Api, context: ApiContext): void {
  const { metadata, clock } = context.platform;
  const { taskStates } = metadata;

  async function entriesOf(key: Parameters<typeof taskStates.list>[0]) {
    const found = await taskStates.list(key);
    return found.filter((entry) => isShown(entry, clock.now()));
  }

  async function entryOf(key: TaskInstanceKey, name: string): Promise<TaskStateEntry> {
    const found = await taskStates.find(key, name);
    if (found && isShown(found, clock.now())) return found;
    throw new Problem(404, `Task state store key ${quoted(name)} not found`);
  }

  app.get(STORE, accepts(...PAGE, "map_index"), async (c) => {
    const found = await entriesOf(keyOf(c.req.param(), c.var.query));
    const page = cut(found, c.var.query.page());
    const shown = page.map(toResponse);
    return c.json({ task_state_store: shown, total_entries: found.length });
  });

  app.delete(STORE, accepts("map_index", "all_map_indices"), async (c) => {
    const { mapIndex, ...task } = keyOf(c.req.param(), c.var.query);
    const isOfAll = c.var.query.boolean("all_map_indices") ?? false;
    await checkInstance(context, isOfAll ? task : { ...task, mapIndex });
    for (const entry of await entriesOf(isOfAll ? task : { ...task, mapIndex })) {
      await taskStates.put({ ...task, mapIndex: entry.mapIndex }, entry.name, undefined);
    }
    return c.body(null, 204);
  });

  app.get(ENTRY, accepts("map_index"), async (c) => {
    const entry = await entryOf(keyOf(c.req.param(), c.var.query), c.req.param("key"));
    return c.json(toResponse(entry));
  });

  app.put(ENTRY, accepts("map_index"), async (c) => {
    const key = keyOf(c.req.param(), c.var.query);
    const body = await readBody(c, SET_BODY);
    const value = toText(body.value);
    await checkInstance(context, key);
    const { expires_at: until = "default" } = body;
    // By default, values go with their run.
    const expiresAt = until === null || until === "default" ? undefined : parseAwareMoment(until);
    await taskStates.put(key, nameOf(c.req.param("key")), value, {
      updatedAt: toIso(clock.now()),
      ...(expiresAt === undefined ? {} : { expiresAt: toIso(expiresAt) }),
    });
    return c.body(null, 204);
  });

  app.patch(ENTRY, accepts("map_index"), async (c) => {
    const key = keyOf(c.req.param(), c.var.query);
    const value = toText((await readBody(c, PATCH_BODY)).value);
    await checkInstance(context, key);
    const { name, expiresAt } = await entryOf(key, c.req.param("key"));
    const updatedAt = toIso(clock.now());
    const times = { updatedAt, ...(expiresAt === undefined ? {} : { expiresAt }) };
    await taskStates.put(key, name, value, times);
    return c.json(null);
  });

  app.delete(ENTRY, accepts("map_index"), async (c) => {
    const key = keyOf(c.req.param(), c.var.query);
    await checkInstance(context, key);
    await taskStates.put(key, nameOf(c.req.param("key")), undefined);
    return c.body(null, 204);
  });
}

function keyOf(params: Readonly<Record<string, string>>, query: Query): TaskInstanceKey {
  const { dag_id: dagId = "", dag_run_id: runId = "", task_id: taskId = "" } = params;
  const mapIndex = query.integer("map_index") ?? -1;
  if (mapIndex >= -1) return { dagId, runId, taskId, mapIndex };
  const msg = "Input should be greater than or equal to -1";
  const loc = ["query", "map_index"];
  throw new InvalidRequest([{ type: "greater_than_equal", loc, msg, input: String(mapIndex) }]);
}

/** Refuses an instance that isn't there in the words of Airflow; without an index, any will do. */
async function checkInstance(
  { platform, services }: ApiContext,
  { dagId, runId, taskId, mapIndex }: Omit<TaskInstanceKey, "mapIndex"> & { mapIndex?: number },
): Promise<void> {
  const run = await platform.metadata.runs.get(dagId, runId);
  const version = run && (await services.versions.get(dagId, run.versionHash));
  const task = version && graphOf(version.document).task(taskId);
  if (task && mapIndex === undefined) return;
  const records = await platform.metadata.taskInstances.list({ dagId, runId, taskIds: [taskId] });
  const instances = task && version ? instancesOfTask(version.document, task, records) : records;
  if (instances.some((each) => mapIndex === undefined || each.mapIndex === mapIndex)) return;
  const by = mapIndex === undefined ? "all_map_indices=True" : `map_index=${mapIndex}`;
  throw new Problem(
    404,
    `Task instance not found for dag_id=${quoted(dagId)}, run_id=${quoted(runId)}, task_id=${quoted(taskId)}, ${by}`,
  );
}

/** Whether it is a value of the task, and not over. */
function isShown(entry: TaskStateEntry, now: number): boolean {
  return counts(entry, now) && !entry.name.startsWith(OWN_STATES);
}

/** The key of a value of the task. */
function nameOf(name: string): string {
  if (!name.startsWith(OWN_STATES)) return name;
  throw new Problem(400, `Keys that begin with "${OWN_STATES}" are the product's own`);
}

/** JSON text (Airflow: value_is_json_representable). */
function toText(value: Json): string {
  const refuse = (msg: string): never => {
    const loc = ["body", "value"];
    throw new InvalidRequest([{ type: "value_error", loc, msg: `Value error, ${msg}` }]);
  };
  if (value === null) return refuse("value cannot be null");
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) <= MAX_TASK_STATE_BYTES) return text;
  return refuse(`value exceeds ${MAX_TASK_STATE_BYTES} bytes; store where it is instead`);
}

/** When a value was written that an earlier release wrote is not known. */
const UNKNOWN = toIso(0);

function toResponse({ name, value, updatedAt = UNKNOWN, expiresAt }: TaskStateEntry) {
  return {
    key: name,
    value: JSON.parse(value),
    updated_at: toWireDate(updatedAt),
    expires_at: toWireDateOrNull(expiresAt),
  };
}

/** As Python shows a text. */
function quoted(text: string): string {
  return text.includes("'") && !text.includes('"')
    ? `"${text}"`
    : `'${text.replaceAll("'", "\\'")}'`;
}
