// Writes the event log: an entry for each change that is asked for, before it is made, so that no
// change is without one. What it changed, or why it was refused, is added afterwards.
import { randomInt } from "node:crypto";
import { createSecretMasker } from "../../model/connections/secret-masker.ts";
import { EVENTS_PER_MS, type EventLogRecord, eventLogId } from "../../model/upkeep/event-log.ts";
import type { Json, JsonObject } from "../../model/values/json.ts";
import { toIso } from "../../model/values/time.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Changed, ToldEntity } from "../operation.ts";

/** What the entry says from the start. */
export interface LoggedRequest {
  /** The operation's id. */
  readonly event: string;
  readonly method: string;
  /** The user; null when nobody is known. */
  readonly owner: string | null;
  readonly path: Readonly<Record<string, Json>>;
  readonly query: Readonly<Record<string, Json>>;
  readonly body: unknown;
}

export interface LoggedEvent {
  readonly changed: Changed;
  /** Completes the entry, where there is something to add. */
  complete(): Promise<void>;
  /** Completes it with the reason, and with what was changed before the refusal. */
  refused(reason: string): Promise<void>;
}

/** What entries have fields for (Airflow: action_logging, fields_skip_logging). */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "dag_id",
  "task_id",
  "dag_run_id",
  "run_id",
  "logical_date",
]);
/** Attempts to find an id of the millisecond that is free. */
const MOST_ATTEMPTS = 20;
/** Of the JSON text of either what was asked for or what changed; what is longer is cut. */
const MAX_TEXT = 16_384;
/** Of what is cut. */
const MAX_FIELDS = 100;

export interface EventLogger {
  /** Throws when the entry can't be written: then nothing must be changed. */
  log(request: LoggedRequest): Promise<LoggedEvent>;
}

export function createEventLogger({
  metadata: { eventLogs },
  clock,
}: Pick<Platform, "metadata" | "clock">): EventLogger {
  let last = 0;

  /** Entries of one process are in the order in which they were asked for. */
  function nextId(now: number): number {
    const first = eventLogId(now, 0);
    last = last >= first && last < eventLogId(now, EVENTS_PER_MS) ? last + 1 : first;
    return last;
  }

  async function add(now: number, fields: Omit<EventLogRecord, "id">): Promise<number> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      const id = nextId(now);
      if (await eventLogs.add({ id, ...fields })) return id;
      // Another process has it.
      last += randomInt(EVENTS_PER_MS / MOST_ATTEMPTS);
    }
    throw new Error(`The event log has too many entries at ${toIso(now)}; ask again`);
  }

  return {
    async log(request) {
      const now = clock.now();
      const asked = bounded(toExtra(request), { method: request.method });
      const fields = { ...toFields(request), when: toIso(now), extra: JSON.stringify(asked) };
      const id = await add(now, fields);
      let told: readonly [before: ToldEntity, after: ToldEntity] | undefined;
      const amend = (added: JsonObject) =>
        eventLogs.amend({ ...fields, id, extra: JSON.stringify({ ...asked, ...added }) });
      const changes = () => (told ? bounded(toChanges(...told)) : {});
      return {
        changed(before, after) {
          told = [before, after];
        },
        async complete() {
          if (told) await amend(changes());
        },
        refused: (reason) => amend({ ...changes(), refused: reason }),
      };
    },
  };
}

function toFields({ event, owner, path, query, body }: LoggedRequest) {
  const given = { ...query, ...(isObject(body) ? body : {}), ...path };
  const text = (name: string) => {
    const value = given[name];
    return typeof value === "string" && value !== "" && value !== "~" ? value : undefined;
  };
  const mapIndex = Number(given.map_index ?? Number.NaN);
  const found = {
    dagId: text("dag_id"),
    runId: text("dag_run_id") ?? text("run_id"),
    taskId: text("task_id"),
    logicalDate: text("logical_date"),
    owner: owner ?? undefined,
  };
  return {
    event,
    ...(Number.isInteger(mapIndex) ? { mapIndex } : {}),
    ...(Object.fromEntries(
      Object.entries(found).filter(([, value]) => value !== undefined),
    ) as Partial<Record<keyof typeof found, string>>),
  };
}

/** Airflow masks the values of variables and connections with sensitive names, and so on. */
function toExtra({ path, query, body, event, method }: LoggedRequest): JsonObject {
  const masker = createSecretMasker();
  const isNamed = event.includes("variable") || event.includes("connection");
  const fields = { ...query, ...path, ...(isObject(body) ? body : {}) };
  const shown = Object.entries(isNamed ? withoutValues(fields) : fields)
    .filter(([name]) => !OWN_FIELDS.has(name))
    .map(([name, value]) => [name, masker.redact(value, name)]);
  return { ...Object.fromEntries(shown), method };
}

const MASK = "***";
/** Of variables and connections: whatever they are called, they may be secret. */
const HIDDEN: ReadonlySet<string> = new Set(["value", "password", "extra"]);

/** A bulk body says which entities it concerns, and no values. */
function withoutValues(fields: JsonObject): JsonObject {
  const hide = (name: string, value: Json): Json => {
    if (HIDDEN.has(name) && value !== null) return MASK;
    if (name !== "actions" && name !== "entities") return value;
    return Array.isArray(value)
      ? value.map((each) => (isObject(each) ? withoutValues(each) : each))
      : value;
  };
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, hide(name, value)]),
  );
}

function toChanges(before: ToldEntity, after: ToldEntity): JsonObject {
  const masker = createSecretMasker();
  const shown = (told: ToldEntity) => {
    const value = typeof told === "function" ? told() : told;
    return value === undefined ? null : masker.redactFields(value);
  };
  return { before: shown(before), after: shown(after) };
}

/** Of what is too long, the beginning as text: each field by itself, and `kept` as it is. */
function bounded(fields: JsonObject, kept: JsonObject = {}): JsonObject {
  if (JSON.stringify(fields).length <= MAX_TEXT) return fields;
  const names = Object.keys(fields).filter((name) => !(name in kept));
  const most = Math.floor(MAX_TEXT / Math.max(names.length, 1));
  const cut = names.slice(0, MAX_FIELDS).map((name) => {
    const text = JSON.stringify(fields[name]) ?? "";
    return [name, text.length <= most ? fields[name] : { cut: text.slice(0, most) }];
  });
  return { ...Object.fromEntries(cut), ...kept };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
