// Before and after of requests that change several things, for the event log: how many of each kind,
// in which states, and the first of them by name.
import type { JsonObject } from "../../model/values/json.ts";
import type { Changed } from "../operation.ts";

/** The word that the API's paths and answers have for the things. */
export type ChangedKind =
  | "connections"
  | "dag_runs"
  | "dags"
  | "pools"
  | "queued_events"
  | "states"
  | "task_instances"
  | "variables";

export interface ChangeList {
  /** Notes a change that was made. Of a thing that is changed twice, the first `before` counts. */
  add(kind: ChangedKind, name: string, change: Change): void;
}

/** Undefined where there was, or is, no such thing. */
export interface Change {
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
}

/** Of each kind; the others are counted only. */
const MAX_NAMED = 25;

/** What is added before a failure is in the event log, too. */
export function createChangeList(changed: Changed): ChangeList {
  const kinds = new Map<ChangedKind, Map<string, Change>>();
  const show = (side: keyof Change) =>
    Object.fromEntries([...kinds].map(([kind, changes]) => [kind, summarize(changes, side)]));
  changed(
    () => show("before"),
    () => show("after"),
  );
  return {
    add(kind, name, change) {
      const changes = kinds.get(kind) ?? new Map<string, Change>();
      kinds.set(kind, changes);
      const { before } = changes.get(name) ?? change;
      changes.set(name, { before, after: change.after });
    },
  };
}

/** Makes a change, and notes how the thing was before it and is after it. */
export async function noteChange(
  changes: ChangeList,
  [kind, name]: readonly [kind: ChangedKind, name: string],
  {
    show,
    change,
  }: {
    readonly show: () => Promise<JsonObject | undefined>;
    readonly change: () => Promise<unknown>;
  },
): Promise<void> {
  const before = await show();
  await change();
  changes.add(kind, name, { before, after: await show() });
}

function summarize(changes: ReadonlyMap<string, Change>, side: keyof Change): JsonObject {
  const states: Record<string, number> = {};
  for (const { [side]: value } of changes.values()) {
    if (value === undefined || !("state" in value)) continue;
    // As Airflow's page calls the state None.
    const state = typeof value.state === "string" ? value.state : "no_status";
    states[state] = (states[state] ?? 0) + 1;
  }
  const named = [...changes].slice(0, MAX_NAMED);
  return {
    total_entries: changes.size,
    ...(Object.keys(states).length > 0 ? { states } : {}),
    first: Object.fromEntries(named.map(([name, { [side]: value }]) => [name, value ?? null])),
  };
}
