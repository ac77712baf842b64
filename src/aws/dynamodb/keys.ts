// Keys of the table's items, built and parsed here only; metadata.ts says what is stored where.
import { createHash } from "node:crypto";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { TaskInstanceKey } from "../../model/records.ts";
import { type Item, text } from "./table/attributes.ts";

/** The two key attributes of an item. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** The key attributes of an item, as text. */
export function keyOf(item: Item): ItemKey {
  return { pk: item.pk?.S ?? "", sk: item.sk?.S ?? "" };
}

/** The key as attributes. */
export function toKey({ pk, sk }: ItemKey): Record<string, AttributeValue> {
  return { pk: text(pk), sk: text(sk) };
}

/** What is kept of a task instance, each with sort keys of its own in the run's partition. */
export type InstancePart = "task" | "gate" | "xcom" | "state";

/** Partitions of which there is one. */
export const PARTITIONS = {
  dags: "dags",
  files: "files",
  variables: "variables",
  connections: "connections",
  connectionTests: "connection-tests",
  pools: "pools",
  inputRequests: "input-requests",
  openInputRequests: "open-input-requests",
  pendingMachines: "pending-machines",
  heartbeats: "heartbeats",
  deletions: "deletions",
  endedRunChanges: "ended-run-changes",
  condemnedBundles: "condemned-bundles",
  cleanings: "cleanings",
  backfills: "backfills",
  backfillIds: "backfill-ids",
  activeBackfills: "active-backfills",
  backfillSkips: "backfill-skips",
  openDeadlines: "open-deadlines",
  parseRequests: "parse-requests",
  dagCodes: "dag-codes",
  favorites: "favorites",
  access: "access",
  users: "users",
  roles: "roles",
  apiTokens: "api-tokens",
  dagAccess: "dag-access",
  assets: "assets",
  assetAliases: "asset-aliases",
  assetClaims: "asset-claims",
  assetReferences: "asset-references",
  dagAssets: "dag-assets",
  assetStates: "asset-states",
  assetRuns: "asset-runs",
  assetWakes: "asset-wakes",
  webhooks: "webhooks",
} as const;

/**
 * Names of XComs and task states longer than this, in bytes, are in keys as their hash: a sort
 * key has 1,024 at most.
 */
const LONGEST_NAME = 200;

/** A partition of one DAG, such as ("versions", "etl"), or of something within it. */
export function partitionOf(kind: string, ...ids: readonly string[]): string {
  return joinKey([kind, ...ids]);
}

/** The partition of a run: its own item and all of its task instances. */
export function runPartition(dagId: string, runId: string): string {
  return partitionOf("run", dagId, runId);
}

/** The item of the run itself. */
export function runKey(dagId: string, runId: string): ItemKey {
  return { pk: runPartition(dagId, runId), sk: "run" };
}

/** Of one item of a task instance; XComs and task states have a name besides. */
export function instanceKey(
  part: InstancePart,
  { dagId, runId, taskId, mapIndex }: TaskInstanceKey,
  name?: string,
): ItemKey {
  const names = name === undefined ? [] : [nameInKey(name)];
  return {
    pk: runPartition(dagId, runId),
    sk: [joinKey([part, taskId, String(mapIndex)]), ...names].join(SEPARATOR),
  };
}

/**
 * What the sort keys of a task's instances begin with: all that have this prefix are between it and
 * `endOf` it.
 */
export function taskPrefix(part: InstancePart, taskId: string): string {
  return `${joinKey([part, taskId])}${SEPARATOR}`;
}

/** Like taskPrefix; without a task, of all instances of the run. */
export function instancePrefix(part: InstancePart, taskId?: string): string {
  return taskId === undefined ? `${part}${SEPARATOR}` : taskPrefix(part, taskId);
}

/** Behind every sort key that continues the prefix with an id or a number. */
export function endOf(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

/** Whose item it is, among those of a run that belong to a task instance. */
export function keyIn(
  { dagId, runId }: { readonly dagId: string; readonly runId: string },
  item: Item,
): TaskInstanceKey {
  return { dagId, runId, ...parseInstanceKey(item.sk?.S ?? "") };
}

/** The run in whose partition the item is. */
export function runIn(item: Item): { readonly dagId: string; readonly runId: string } {
  const [, dagId = "", runId = ""] = splitKey(item.pk?.S ?? "");
  return { dagId, runId };
}

/** From the sort key of what belongs to a task instance. */
export function parseInstanceKey(sk: string): Pick<TaskInstanceKey, "taskId" | "mapIndex"> {
  const [, taskId = "", mapIndex = ""] = splitKey(sk);
  return { taskId, mapIndex: Number(mapIndex) };
}

const SEPARATOR = "#";

/** One text of several; texts that begin alike sort as their parts do. */
export function joinKey(parts: readonly string[]): string {
  return parts.map(escapePart).join(SEPARATOR);
}

/** The parts that joinKey joined. */
export function splitKey(key: string): readonly string[] {
  return key.split(SEPARATOR).map(unescapePart);
}

/** In the order of DynamoDB's sort keys: by bytes of UTF-8. */
export function compareKeys(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function nameInKey(name: string): string {
  const escaped = escapePart(name);
  if (Buffer.byteLength(escaped) <= LONGEST_NAME) return escaped;
  // No escaped name has "%" before anything but 23 and 25.
  return `%${createHash("sha256").update(name).digest("base64url")}`;
}

function escapePart(part: string): string {
  return part.replaceAll("%", "%25").replaceAll(SEPARATOR, "%23");
}

function unescapePart(part: string): string {
  return part.replaceAll("%23", SEPARATOR).replaceAll("%25", "%");
}
