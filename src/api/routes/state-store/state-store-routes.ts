// …/taskInstances/{task_id}/state-store: the values that a task instance keeps across its tries
// (Airflow 3.3: task_state_store.py).
import { graphOf } from "../../../model/graph.ts";
import { instancesOfTask } from "../../../model/mapping/instances.ts";
import type { TaskInstanceKey } from "../../../model/records.ts";
import { parseAwareMoment, toIso } from "../../../model/values/time.ts";
import type { TaskStateEntry, TaskStateStore } from "../../../ports/task-states.ts";
import { OWN_STATES } from "../../../services/notifications/notifier.ts";
import { counts, MAX_TASK_STATE_BYTES } from "../../../services/tasks/task-services.ts";
import { createAuditedState } from "../../audit/audited-states.ts";
import { createChangeList } from "../../audit/change-list.ts";
import type { ApiContext } from "../../context.ts";
import { type Operation, type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import { cut } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { toWireDate, toWireDateOrNull } from "../../responses/wire.ts";
import { quoted } from "./quoted.ts";

const PERMISSION = {
  read: "GET dag.task_instance",
  change: "PUT dag.task_instance",
  remove: "DELETE dag.task_instance",
} as const;
const OF_INSTANCE = ["map_index"];

export const stateStoreOperations: Operations = (context) => [
  ...readOperations(context),
  ...changeOperations(context),
];

function readOperations(context: ApiContext): readonly Operation[] {
  return [
    operation("list_task_state_store", {
      permission: PERMISSION.read,
      query: [...PAGE, ...OF_INSTANCE],
      async handle({ path, query }) {
        const found = await entriesOf(context, keyOf(path, query));
        const shown = cut(found, query.page()).map(toResponse);
        return { task_state_store: shown, total_entries: found.length };
      },
    }),

    operation("get_task_state_store", {
      permission: PERMISSION.read,
      query: OF_INSTANCE,
      handle: async ({ path, query }) =>
        toResponse(await entryOf(context, keyOf(path, query), path.key)),
    }),
  ];
}

function changeOperations(context: ApiContext): readonly Operation[] {
  const { clock, metadata } = context.platform;
  const { taskStates } = metadata;
  const toAudited = createAuditedState(context.platform);
  return [
    operation("clear_task_state_store", {
      permission: PERMISSION.remove,
      query: [...OF_INSTANCE, "all_map_indices"],
      async handle({ path, query, changed }) {
        const { mapIndex, ...task } = keyOf(path, query);
        const isOfAll = query.boolean("all_map_indices") ?? false;
        const meant = isOfAll ? task : { ...task, mapIndex };
        await checkInstance(context, meant);
        const changes = createChangeList(changed);
        for (const entry of await entriesOf(context, meant)) {
          const before = await toAudited(entry);
          await taskStates.put({ ...task, mapIndex: entry.mapIndex }, entry.name, undefined);
          changes.add("states", `${entry.mapIndex} ${entry.name}`, { before, after: undefined });
        }
        return undefined;
      },
    }),

    operation("set_task_state_store", {
      permission: PERMISSION.change,
      query: OF_INSTANCE,
      async handle({ path, query, body, changed }) {
        const key = keyOf(path, query);
        const value = toText(body.value);
        const expiresAt = readExpiry(body.expires_at);
        await checkInstance(context, key);
        const name = nameOf(path.key);
        const before = await toAudited(await taskStates.find(key, name));
        const expiry = expiresAt === undefined ? {} : { expiresAt: toIso(expiresAt) };
        await taskStates.put(key, name, value, { updatedAt: toIso(clock.now()), ...expiry });
        changed(before, await toAudited({ name, value, ...expiry }));
        return undefined;
      },
    }),

    operation("patch_task_state_store", {
      permission: PERMISSION.change,
      query: OF_INSTANCE,
      async handle({ path, query, body, changed }) {
        const key = keyOf(path, query);
        const value = toText(body.value);
        await checkInstance(context, key);
        const entry = await entryOf(context, key, path.key);
        const { name, expiresAt } = entry;
        const before = await toAudited(entry);
        const updatedAt = toIso(clock.now());
        const times = { updatedAt, ...(expiresAt === undefined ? {} : { expiresAt }) };
        await taskStates.put(key, name, value, times);
        changed(before, await toAudited({ ...entry, value }));
        return null;
      },
    }),

    operation("delete_task_state_store", {
      permission: PERMISSION.remove,
      query: OF_INSTANCE,
      async handle({ path, query, changed }) {
        const key = keyOf(path, query);
        await checkInstance(context, key);
        const name = nameOf(path.key);
        const before = await toAudited(await taskStates.find(key, name));
        await taskStates.put(key, name, undefined);
        changed(before, undefined);
        return undefined;
      },
    }),
  ];
}

/** The values that are shown. */
async function entriesOf(
  { platform: { metadata, clock } }: ApiContext,
  key: Parameters<TaskStateStore["list"]>[0],
): Promise<readonly TaskStateEntry[]> {
  const found = await metadata.taskStates.list(key);
  return found.filter((entry) => isShown(entry, clock.now()));
}

async function entryOf(
  { platform: { metadata, clock } }: ApiContext,
  key: TaskInstanceKey,
  name: string,
): Promise<TaskStateEntry> {
  const found = await metadata.taskStates.find(key, name);
  if (found && isShown(found, clock.now())) return found;
  throw new Problem(404, `Task state store key ${quoted(name)} not found`);
}

function keyOf(
  path: { readonly dag_id: string; readonly dag_run_id: string; readonly task_id: string },
  query: Query,
): TaskInstanceKey {
  const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = path;
  const mapIndex = query.integer("map_index") ?? -1;
  if (mapIndex >= -1) return { dagId, runId, taskId, mapIndex };
  const msg = "Input should be greater than or equal to -1";
  const loc = ["query", "map_index"];
  throw new InvalidRequest([{ type: "greater_than_equal", loc, msg, input: String(mapIndex) }]);
}

/** Epoch ms; undefined where the value stays for as long as its run, as by default. */
function readExpiry(until: string | null | undefined): number | undefined {
  if (until === undefined || until === null || until === "default") return undefined;
  const moment = parseAwareMoment(until);
  if (moment !== undefined) return moment;
  const msg = "Input should be a valid datetime with timezone info, or 'default'";
  const loc = ["body", "expires_at"];
  throw new InvalidRequest([{ type: "datetime_from_date_parsing", loc, msg, input: until }]);
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
function toText(value: unknown): string {
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
