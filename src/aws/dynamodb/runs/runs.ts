// DAG runs in DynamoDB. Beside the run's own item there are small items, written in the same
// transaction, by which runs are found: strongly consistent, since the scheduler must see a run
// that was created a moment ago.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { DagRunRecord } from "../../../model/records.ts";
import { type DagRunState, isRunFinished } from "../../../model/states.ts";
import type { RunChanged } from "../../../model/summaries/dag-activity.ts";
import type { RunChange, RunStore } from "../../../ports/metadata.ts";
import { keyOf, runKey, runPartition, splitKey, toKey } from "../keys.ts";
import { createActivityBuilder } from "../states/build-activity.ts";
import type { DagStateWriter } from "../states/dag-states.ts";
import {
  edited,
  type Fields,
  fromItem,
  type Item,
  number,
  text,
  toEdit,
} from "../table/attributes.ts";
import { type Condition, IS_ABSENT, isUnchanged } from "../table/conditions.ts";
import type { DynamoDbTable } from "../table/table-calls.ts";
import { createRunFinder } from "./run-finder.ts";
import {
  DATE_LISTS,
  datePartition,
  type Finder,
  findersOf,
  indexKeys,
  listOf,
  partitionDates,
} from "./run-finders.ts";
import { createRunListing } from "./run-listing.ts";

const FIELDS: Fields<Omit<DagRunRecord, "dagId" | "runId">> = {
  runType: "text",
  state: "text",
  logicalDate: "text",
  dataIntervalStart: "text",
  dataIntervalEnd: "text",
  runAfter: "text",
  partitionKey: "text",
  partitionDate: "text",
  queuedAt: "text",
  startDate: "text",
  endDate: "text",
  conf: "json",
  triggeredBy: "text",
  triggeringUserName: "text",
  backfillId: "number",
  backfillOrdinal: "number",
  note: "text",
  versionHash: "text",
  clearNumber: "number",
  triggeredFrom: "json",
  awaitedBy: "json",
  reason: "text",
  failure: "json",
  isHeld: "json",
  isChanged: "json",
  pending: "json",
  deadlines: "json",
};

/** The part of the metadata that keeps the runs. */
export function createRuns(table: DynamoDbTable, states: DagStateWriter): RunStore {
  const listing = createRunListing(table, toRun);
  const build = createActivityBuilder({ list: listing.list, getLatestAutomated });
  const note = (change: RunChanged) => states.noteRun(change, build);

  async function getRun(dagId: string, runId: string): Promise<DagRunRecord | undefined> {
    const item = await table.get(runKey(dagId, runId));
    return item && toRun(item);
  }

  async function runAt(dagId: string, date: Item | undefined): Promise<DagRunRecord | undefined> {
    return date?.runId?.S === undefined ? undefined : getRun(dagId, date.runId.S);
  }

  async function getLatestAutomated(dagId: string): Promise<DagRunRecord | undefined> {
    return runAt(dagId, await latest(table, datePartition(dagId, "automated")));
  }

  /**
   * Reads and writes the whole run with all by which it is found; does it again if someone was
   * faster.
   */
  async function changeAndMove({ dagId, runId, set, ...wanted }: RunChange) {
    for (;;) {
      const stored = await table.get(runKey(dagId, runId));
      if (!stored) return undefined;
      const run = toRun(stored);
      if (!isAsWanted(run, wanted)) return undefined;
      const item = edited(stored, toEdit(FIELDS, set));
      const changed = toRun(item);
      const before = findersOf(run);
      const after = findersOf(changed);
      const gone = [...before].filter(([id]) => !after.has(id));
      const added = [...after].filter(([id]) => !before.has(id));
      const refused = await table.transact([
        { put: { ...item, ...indexKeys(changed) }, condition: isUnchanged(stored) },
        ...gone.map(([, finder]) => ({ remove: finder.key })),
        ...added.map(([, finder]) => toPut(finder)),
      ]);
      if (refused.length === 0) {
        await note({ before: run, after: changed });
        return changed;
      }
      if (!refused.includes(0)) {
        throw new Error(`DAG "${dagId}" has another run with logical date ${changed.logicalDate}`);
      }
    }
  }

  return {
    async create(run) {
      const item = { ...toItem(run), ...indexKeys(run) };
      const refused = await table.transact([
        { put: item, condition: IS_ABSENT },
        ...[...findersOf(run).values()].map(toPut),
      ]);
      if (refused.length > 0) return "exists";
      await note({ after: run });
      return "created";
    },
    get: getRun,
    async delete(dagId, runId) {
      const before = await deleteRun(table, dagId, runId);
      if (before) await note({ before });
    },
    update(change) {
      if (change.from.length === 0) return Promise.resolve(undefined);
      return mayMove(change) ? changeAndMove(change) : changeInPlace(table, change);
    },
    ...listing,
    getLatestAutomated,
    find: createRunFinder(table, toRun),
    getLatestPartition: async (dagId) =>
      runAt(dagId, await latest(table, partitionDates(dagId, "automated"))),
    getPrevious: async (query) => runAt(query.dagId, await previousDate(table, query)),
  };
}

/** A change by which the run is found as before. */
async function changeInPlace(
  table: DynamoDbTable,
  { dagId, runId, set, ...wanted }: RunChange,
): Promise<DagRunRecord | undefined> {
  const edit = toEdit(FIELDS, set);
  const { isWritten, item } = await table.update(runKey(dagId, runId), edit, asWanted(wanted));
  return isWritten && item ? toRun(item) : undefined;
}

/** What leads to the run with the latest date before the given one. */
async function previousDate(
  table: DynamoDbTable,
  { dagId, logicalDate, automatedOnly }: Parameters<RunStore["getPrevious"]>[0],
): Promise<Item | undefined> {
  const partitions = automatedOnly
    ? DATE_LISTS.map((list) => datePartition(dagId, list))
    : [datePartition(dagId)];
  const dates = await Promise.all(partitions.map((pk) => latest(table, pk, logicalDate)));
  const found = dates.filter((date) => date !== undefined);
  return found.sort((a, b) => (dateOf(a) < dateOf(b) ? 1 : -1)).at(0);
}

/**
 * Of a finished run: its items, then the run with all that leads to it. Answers the run that it
 * has removed.
 */
async function deleteRun(
  table: DynamoDbTable,
  dagId: string,
  runId: string,
): Promise<DagRunRecord | undefined> {
  const stored = await table.get(runKey(dagId, runId));
  if (!stored) return undefined;
  const run = toRun(stored);
  if (!isRunFinished(run.state)) return undefined;
  const items = (await table.query({ pk: runPartition(dagId, runId) })).map(keyOf);
  await table.removeAll(items.filter(({ sk }) => sk !== stored.sk?.S));
  // The run itself goes last, so that one who asks again after a failure finds what is left.
  await table.transact([
    { remove: keyOf(stored), condition: isUnchanged(stored) },
    ...[...findersOf(run).values()].map(({ key }) => ({ remove: key })),
  ]);
  return run;
}

/** What leads to the run with the latest date in the partition, before the one given. */
async function latest(
  table: DynamoDbTable,
  pk: string,
  before?: string,
): Promise<Item | undefined> {
  const where = before === undefined ? {} : { where: { before } };
  return (await table.query({ pk, ...where, newestFirst: true, limit: 1 })).at(0);
}

function toPut({ key, runId, isUnique = false }: Finder) {
  const put = { ...toKey(key), runId: text(runId) };
  return isUnique ? { put, condition: IS_ABSENT } : { put };
}

/** Fields that runs are found by, besides their state. */
const PLACES = ["runAfter", "logicalDate", "partitionDate", "runType"] as const;

/** Whether the change may touch what the run is found by. */
function mayMove({ from, set }: RunChange): boolean {
  if (PLACES.some((name) => name in set)) return true;
  const { state } = set;
  return state !== undefined && from.some((before) => isElsewhere(before, state));
}

/** Running runs have a list of their own besides that of all active ones. */
function isElsewhere(before: DagRunState, after: DagRunState): boolean {
  return listOf(before) !== listOf(after) || (before === "running") !== (after === "running");
}

type Wanted = Pick<RunChange, "from" | "clearNumber" | "awaitedBy" | "deadlines">;

/** Lists that a change may ask for as they are; one that is empty has no attribute. */
const LISTS = ["awaitedBy", "deadlines"] as const;

function isAsWanted(run: DagRunRecord, { from, clearNumber, ...lists }: Wanted): boolean {
  if (!from.includes(run.state)) return false;
  if (clearNumber !== undefined && clearNumber !== run.clearNumber) return false;
  return LISTS.every((name) => {
    const wanted = lists[name];
    return wanted === undefined || JSON.stringify(wanted) === JSON.stringify(run[name] ?? []);
  });
}

function asWanted({ from, clearNumber, ...lists }: Wanted): Condition {
  const states = from.map((state, index) => [`:from${index}`, text(state)] as const);
  const parts = [`#state IN (${states.map(([name]) => name).join(", ")})`];
  const names = ["state"];
  const values: Record<string, AttributeValue> = Object.fromEntries(states);
  if (clearNumber !== undefined) {
    parts.push("#clearNumber = :wanted");
    names.push("clearNumber");
    values[":wanted"] = number(clearNumber);
  }
  for (const name of LISTS) {
    const list = lists[name];
    if (!list) continue;
    const stored = list.length === 0 ? undefined : toEdit(FIELDS, { [name]: list }).set[name];
    parts.push(stored ? `#${name} = :${name}Before` : `attribute_not_exists(#${name})`);
    names.push(name);
    if (stored) values[`:${name}Before`] = stored;
  }
  return { text: parts.join(" AND "), names, values };
}

function toItem(run: DagRunRecord): Item {
  return { ...toKey(runKey(run.dagId, run.runId)), ...toEdit(FIELDS, run).set };
}

/** The item must be of a run. */
function toRun(item: Item): DagRunRecord {
  const [, dagId = "", runId = ""] = splitKey(item.pk?.S ?? "");
  return { dagId, runId, ...NULLS, ...fromItem(FIELDS, item) };
}

/** What a record has null for where its item has nothing. */
const NULLS = { logicalDate: null, dataIntervalStart: null, dataIntervalEnd: null } as const;

function dateOf(item: Item): string {
  return item.sk?.S ?? "";
}
