// Ids that several parts must agree on: of runs, tasks and DAGs as Airflow has them, and the names
// of executions and state machines that are made from them.
import type { DagRunType } from "./states.ts";
import { toAirflowIso } from "./values/time.ts";

const RUN_TYPES: readonly DagRunType[] = [
  "scheduled",
  "backfill",
  "operator_triggered",
  "asset_triggered",
  "asset_materialization",
];
const MAX_ID_LENGTH = 250;
const MAX_GROUP_ID_LENGTH = 200;
const MAX_RUN_ID_LENGTH = 250;
/** Step Functions quotas: names of executions and state machines have 1 to 80 characters. */
const MAX_NAME_LENGTH = 80;

/**
 * The id of a new run (Airflow: DagRun.generate_run_id). `random` are some characters that make the
 * id of a run without logical date unique; `runAfter` and `logicalDate` are epoch ms or UTC ISO
 * text.
 */
export function runIdFor(
  runType: DagRunType,
  {
    runAfter,
    logicalDate,
    random,
  }: {
    readonly runAfter: number | string;
    readonly logicalDate: number | string | null;
    readonly random: string;
  },
): string {
  const prefix = runType === "operator_triggered" ? "manual" : runType;
  const suffix = logicalDate === null ? `_${random}` : "";
  return `${prefix}__${toAirflowIso(runAfter)}${suffix}`;
}

/**
 * The id of a run that the schedule, or a backfill, makes for a partition (Airflow:
 * CronPartitionTimetable.generate_run_id, which ends it with random characters). The same request
 * has the same id, so that it makes one run however often it is asked; `attempt` tells runs for the
 * same partition apart.
 */
export function partitionRunIdFor(
  runType: "scheduled" | "backfill",
  partition: { readonly runAfter: number; readonly key: string; readonly attempt: number | string },
): string {
  const { runAfter, key, attempt } = partition;
  const unique = hashText(JSON.stringify([runType, runAfter, key, attempt])).slice(0, 8);
  return `${runType}__${toAirflowIso(runAfter)}__${key}__${unique}`;
}

/**
 * The type that a run id's prefix stands for; manual where it has none of the others' (Airflow:
 * from_run_id).
 */
export function parseRunType(runId: string): DagRunType {
  return RUN_TYPES.find((type) => runId.startsWith(`${type}__`)) ?? "manual";
}

/**
 * What keeps the text from being the id of a run that a person names, as the end of a sentence;
 * undefined if nothing does. Airflow: allowed_run_id_pattern, allow_double_dot_in_ids. One dot
 * alone is refused as well: no URL can name such a run.
 */
export function findRunIdFlaw(text: string): string | undefined {
  if (text.length > MAX_RUN_ID_LENGTH) {
    return `has ${text.length} characters; give at most ${MAX_RUN_ID_LENGTH}`;
  }
  if (!/^[A-Za-z0-9_.~:+-]+$/.test(text))
    return "has other characters than A–Z a–z 0–9 _ . ~ : + -";
  if (text === "." || text.includes("..")) {
    return 'would be a path to another place; give one without ".." that isn\'t a dot alone';
  }
  return undefined;
}

/** Whether the text may be the id of a DAG or a task (Airflow: validate_key). */
export function isKey(text: string): boolean {
  return text.length <= MAX_ID_LENGTH && /^[\p{L}\p{N}_.-]+$/u.test(text);
}

/**
 * Whether the text may be the id of a task group, without its parents' (Airflow:
 * validate_group_key).
 */
export function isGroupKey(text: string): boolean {
  return text.length <= MAX_GROUP_ID_LENGTH && /^[\p{L}\p{N}_-]+$/u.test(text);
}

/** The pool of tasks that name none. */
export const DEFAULT_POOL = "default_pool";

/** Whether the text may be the name of a pool (Airflow: slot_pool.pool has 256 characters). */
export function isPoolName(text: string): boolean {
  return text.length > 0 && text.length <= 256;
}

/** What a limit of active tasks is of. */
export type LimitName =
  | { readonly kind: "pool"; readonly pool: string }
  | { readonly kind: "run"; readonly dagId: string; readonly runId: string }
  | { readonly kind: "task"; readonly dagId: string; readonly taskId: string }
  | {
      readonly kind: "task-in-run";
      readonly dagId: string;
      readonly runId: string;
      readonly taskId: string;
    };

/** The limit as one text, of which no two limits have the same. */
export function limitNameText(name: LimitName): string {
  switch (name.kind) {
    case "pool":
      return JSON.stringify([name.kind, name.pool]);
    case "run":
      return JSON.stringify([name.kind, name.dagId, name.runId]);
    case "task":
      return JSON.stringify([name.kind, name.dagId, name.taskId]);
    case "task-in-run":
      return JSON.stringify([name.kind, name.dagId, name.runId, name.taskId]);
  }
}

/** The limit whose text it is. */
export function parseLimitName(text: string): LimitName {
  const [kind, first = "", second = "", third = ""]: readonly string[] = JSON.parse(text);
  if (kind === "pool") return { kind, pool: first };
  if (kind === "run") return { kind, dagId: first, runId: second };
  if (kind === "task") return { kind, dagId: first, taskId: second };
  if (kind === "task-in-run") return { kind, dagId: first, runId: second, taskId: third };
  throw new Error(`${text} does not name a limit`);
}

/** Whether the text may be the name of a task role: part of the name of a function on AWS. */
export function isTaskRole(text: string): boolean {
  return /^[A-Za-z](?:[A-Za-z0-9-]{0,28}[A-Za-z0-9])?$/.test(text);
}

/**
 * The name of a run's execution: always the same for the same run and clear number, and of no
 * other.
 */
export function executionName(execution: {
  readonly dagId: string;
  readonly runId: string;
  readonly clearNumber: number;
}): string {
  const { dagId, runId, clearNumber } = execution;
  const hash = hashText(JSON.stringify([dagId, runId, clearNumber]));
  return withHash(`${runId}-${clearNumber}`, hash);
}

/**
 * The name of the state machine of a DAG's version; `versionHash` is the hash of its content. The
 * prefix tells the machines of deployments apart; it is whole in the name if it has at most 50
 * characters that Step Functions takes. A prefix that ends in "_" has one in front of the hash as
 * well, where other names have "-": so a pattern for the one kind never fits the other.
 */
export function stateMachineName(dagId: string, versionHash: string, prefix = "stepwind-"): string {
  const hash = `${versionHash.slice(0, 12)}${hashText(dagId).slice(0, 8)}`;
  return withHash(`${prefix}${dagId}`, hash, prefix.endsWith("_") ? "_" : "-");
}

/**
 * A readable part in letters that Step Functions takes, cut so that the part that makes it unique
 * fits behind.
 */
function withHash(readable: string, hash: string, separator = "-"): string {
  const plain = readable.replaceAll(/[^A-Za-z0-9_-]+/g, "_");
  return `${plain.slice(0, MAX_NAME_LENGTH - hash.length - 1)}${separator}${hash}`;
}

/**
 * 104 bits in 20 letters and digits: cyrb53 with two seeds. Guards against accidents, not against
 * attackers.
 */
function hashText(text: string): string {
  return [0x9e37, 0x79b9]
    .map((seed) => cyrb53(text, seed).toString(36).padStart(10, "0").slice(-10))
    .join("");
}

function cyrb53(text: string, seed: number): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/**
 * The key of a backfill's record: those of a DAG sort by id. A DAG's id has no "/", so what all of
 * its keys begin with, `backfillPrefix`, begins no other's.
 */
export function backfillKey({
  dagId,
  id,
}: {
  readonly dagId: string;
  readonly id: number;
}): string {
  return `${backfillPrefix(dagId)}${backfillIdText(id)}`;
}

/** What the keys of all backfills of the DAG begin with. */
export function backfillPrefix(dagId: string): string {
  return `${dagId}/`;
}

/** The id as text that sorts as numbers do. */
export function backfillIdText(id: number): string {
  return String(id).padStart(12, "0");
}

/** The key of dates that a backfill has left out; those of a backfill begin with `first` absent. */
export function backfillSkipsKey(backfillId: number, first?: number): string {
  return `${backfillIdText(backfillId)}/${first === undefined ? "" : String(first).padStart(9, "0")}`;
}

/** Characters of a DAG's id that a deadline's key keeps; its hash follows on a longer one. */
const MOST_OF_DAG_ID = 120;

/** The key of what leads to an open deadline: those of a DAG sort by their moment. */
export function deadlineKey({
  dagId,
  runId,
  alert,
  deadlineTime,
}: {
  readonly dagId: string;
  readonly runId: string;
  readonly alert: number;
  /** UTC ISO text. */
  readonly deadlineTime: string;
}): string {
  return `${deadlinePrefix(dagId)}${deadlineTime}/${hashText(JSON.stringify([runId, alert]))}`;
}

/** What the keys of all open deadlines of the DAG begin with, and of no other DAG. */
export function deadlinePrefix(dagId: string): string {
  if (dagId.length <= MOST_OF_DAG_ID) return `${dagId}/`;
  return `${dagId.slice(0, MOST_OF_DAG_ID)}-${hashText(dagId)}/`;
}

/** Characters of a key, of up to four bytes each: DynamoDB takes 1,024 bytes as a sort key. */
const MAX_KEY_LENGTH = 250;
/** Characters that a key keeps which would be longer; its hash follows. */
const KEPT_OF_LONG_KEY = MAX_KEY_LENGTH - 30;

/** Key of the question to people that a try asks; keys of one DAG, and of one run, begin alike. */
export function inputRequestKey(
  {
    dagId,
    runId,
    taskId,
    mapIndex,
  }: {
    readonly dagId: string;
    readonly runId: string;
    readonly taskId: string;
    readonly mapIndex: number;
  },
  tryNumber: number,
): string {
  const text = JSON.stringify([dagId, runId, taskId, mapIndex, tryNumber]);
  if (text.length <= MAX_KEY_LENGTH) return text;
  return `${text.slice(0, KEPT_OF_LONG_KEY)}-${hashText(text)}`;
}

/**
 * What the keys of all questions of the DAG, or of its run, begin with. Where ids are long, others'
 * may begin so as well.
 */
export function inputRequestPrefix(dagId: string, runId?: string): string {
  const ids = JSON.stringify(runId === undefined ? [dagId] : [dagId, runId]);
  return `${ids.slice(0, -1)},`.slice(0, KEPT_OF_LONG_KEY);
}

/**
 * The id of an asset, and of an alias: a whole number, always the same for the same names, so that
 * two who meet an asset at the same time make one.
 */
export function assetIdOf({ name, uri }: { readonly name: string; readonly uri: string }): number {
  return cyrb53(JSON.stringify([name, uri]), 0xa55e7);
}

export function assetAliasIdOf(name: string): number {
  return cyrb53(JSON.stringify([name]), 0xa11a5);
}

/** The key of an asset's or an alias's record. */
export function assetIdText(id: number): string {
  return String(id);
}

/** What a reference is to. */
export type AssetTarget =
  | { readonly kind: "asset"; readonly id: number }
  | { readonly kind: "alias"; readonly id: number }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "uri"; readonly uri: string };

/** The target as text, of which no two have the same; also the key of who claims a name or URI. */
export function assetTargetText(target: AssetTarget): string {
  if (target.kind === "name") return `name-${hashText(target.name)}`;
  return target.kind === "uri" ? `uri-${hashText(target.uri)}` : `${target.kind}-${target.id}`;
}

/** The key of a DAG's use of a target; without a DAG, what all of that use begin with. */
export function assetReferenceKey(target: AssetTarget, use: string, dagId = ""): string {
  return `${assetTargetText(target)}/${use}/${dagId}`;
}

/**
 * The key of an event: it begins with its moment, and is always the same for the same try of a task
 * instance, asset and alias.
 */
export function assetEventKey(timestamp: string, source: readonly (string | number)[]): string {
  return `${timestamp}-${hashText(JSON.stringify(source))}`;
}

/** 20 letters and digits that are the same for the same JSON value. */
export function fingerprintOf(value: unknown): string {
  return hashText(JSON.stringify(value));
}

/** The moment in an event's key. */
export function timestampOfEvent(key: string): string {
  return key.slice(0, "2026-01-01T00:00:00.000Z".length);
}

/** A number for an event, for APIs that want one. */
export function assetEventIdOf(key: string): number {
  return cyrb53(key, 0xe7e47);
}

/** Tag of all that a deployment is made of, and of the state machines that it makes. */
export const DEPLOYMENT_TAG = "stepwind:deployment";
