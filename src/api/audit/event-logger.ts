// Writes the event log: an entry for each change that is asked for, before it is made, so that no
// change is without one. What it changed, or why it was refused, is added afterwards.
import { randomInt } from "node:crypto";
import { createSecretMasker } from "../../model/connections/secret-masker.ts";
import { EVENTS_PER_MS, type EventLogRecord, eventLogId } from "../../model/upkeep/event-log.ts";
import type { Json, JsonObject } from "../../model/values/json.ts";
import { toIso } from "../../model/values/time.ts";
import type { Platform } from "../../ports/platform.ts";

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
  /** A handler tells what its change has changed; secrets in it are masked by their names. */
  changed(before: JsonObject | undefined, after: JsonObject | undefined): void;
  /** Completes the entry, where there is something to add. */
  complete(): Promise<void>;
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
/** Of JSON text; what is longer is cut, and says so. */
const MAX_EXTRA = 32_768;

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
      const extra = toExtra(request);
      const fields = { ...toFields(request), when: toIso(now), extra: toText(extra) };
      const id = await add(now, fields);
      let changes: JsonObject | undefined;
      const amend = (added: JsonObject) =>
        eventLogs.amend({ ...fields, id, extra: toText({ ...extra, ...added }) });
      return {
        changed(before, after) {
          const masker = createSecretMasker();
          const masked = (value: JsonObject | undefined) =>
            value === undefined ? null : masker.redactFields(value);
          changes = { before: masked(before), after: masked(after) };
        },
        async complete() {
          if (changes) await amend(changes);
        },
        refused: (reason) => amend({ refused: reason }),
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

function toText(extra: JsonObject): string {
  const whole = JSON.stringify(extra);
  if (whole.length <= MAX_EXTRA) return whole;
  return JSON.stringify({ method: extra.method ?? null, cut: whole.slice(0, MAX_EXTRA / 2) });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
