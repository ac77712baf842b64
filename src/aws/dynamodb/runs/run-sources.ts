// Where the entries of a listing of runs are: in the lists of one DAG, in those of all DAGs by the
// index, or among the dates of a DAG. What a listing says of an entry's key narrows the range that
// is read.
import type { Condition } from "../../../model/listings/conditions.ts";
import type { RunField } from "../../../model/listings/run-fields.ts";
import { type DagRunState, isRunFinished } from "../../../model/states.ts";
import { toIso } from "../../../model/values/time.ts";
import { compareKeys, endOf, runKey, splitKey } from "../keys.ts";
import type { Item } from "../table/attributes.ts";
import { RUN_INDEX } from "../table/table.ts";
import type { DynamoDbTable } from "../table/table-calls.ts";
import type { QueryRequest } from "../table/table-reads.ts";
import type { Entry, EntrySource } from "./entry-stream.ts";
import {
  datePartition,
  listOf,
  partitionDates,
  RUN_LISTS,
  type RunList,
  runListPartition,
} from "./run-finders.ts";

/** Before every date, and behind. */
const [FIRST, LAST] = ["0", endOf("")];
/** Moments that ISO text has four digits of a year for, which is what records have. */
const [EARLIEST, LATEST] = [-62_135_596_800_000, 253_402_300_799_999];

export interface RunSources {
  readonly sources: readonly EntrySource[];
  /** The field that the entries are in the order of. */
  readonly field: "runAfter" | "logicalDate" | "partitionDate";
  /** What can be told of a run by its entry. */
  readonly known: readonly RunField[];
  /** Where each list is, to count it. */
  readonly counted: readonly QueryRequest[];
  /** The ranges of the sources leave nothing of the conditions to test, as far as entries tell. */
  readonly isExact: boolean;
}

/** The dates of a DAG within the bounds that the conditions give; undefined without any. */
export function datesFor(
  table: DynamoDbTable,
  conditions: readonly Condition<RunField>[],
): RunSources | undefined {
  const dagId = dagOf(conditions);
  if (dagId === undefined) return undefined;
  for (const field of ["logicalDate", "partitionDate"] as const) {
    const range = rangeOf(conditions, field);
    if (!range.isBounded) continue;
    const request = { pk: field === "logicalDate" ? datePartition(dagId) : partitionDates(dagId) };
    return {
      sources: [createSource(table, { request, range, dagId })],
      field,
      known: ["dagId", "runId", field],
      counted: [{ ...request, ...whereOf(range), isEventual: true }],
      isExact: false,
    };
  }
  return undefined;
}

/** The lists that have the runs. */
export function listsOf(
  table: DynamoDbTable,
  conditions: readonly Condition<RunField>[],
): RunSources {
  const dagId = dagOf(conditions);
  const range = rangeOf(conditions, "runAfter");
  const { lists, isExact } = listsFor(conditions);
  const requests = lists.map((list) => placeOf(dagId, list));
  const isKey = (condition: Condition<RunField>) =>
    (condition.field === "runAfter" && condition.kind === "range") || isOfStates(condition);
  const others = conditions.filter((condition) => !isKey(condition));
  return {
    sources: requests.map((request) => createSource(table, { request, range, dagId })),
    field: "runAfter",
    known: ["dagId", "runId", "runAfter"],
    counted: requests.map((request) => ({ ...request, ...whereOf(range), isEventual: true })),
    isExact: isExact && others.length === (dagId === undefined ? 0 : 1),
  };
}

/** The one DAG that is meant. */
function dagOf(conditions: readonly Condition<RunField>[]): string | undefined {
  for (const condition of conditions) {
    if (condition.kind !== "in" || condition.field !== "dagId" || condition.isExcluded) continue;
    const [value, ...others] = condition.values;
    if (typeof value === "string" && others.length === 0) return value;
  }
  return undefined;
}

/** Whether it names states that lists can be chosen by. */
function isOfStates(
  condition: Condition<RunField>,
): condition is Extract<Condition<RunField>, { readonly kind: "in" }> {
  return condition.kind === "in" && condition.field === "state" && !condition.isExcluded;
}

const STATES: readonly DagRunState[] = ["queued", "running", "success", "failed"];

function listsFor(conditions: readonly Condition<RunField>[]) {
  const states = conditions.reduce<readonly DagRunState[]>(
    (left, condition) =>
      isOfStates(condition) ? left.filter((state) => condition.values.includes(state)) : left,
    STATES,
  );
  const lists = RUN_LISTS.filter((list) => states.some((state) => listOf(state) === list));
  const active = states.filter((state) => !isRunFinished(state)).length;
  return { lists, isExact: active === 0 || active === 2 };
}

function placeOf(dagId: string | undefined, list: RunList): { pk: string; index?: string } {
  return dagId === undefined
    ? { pk: list, index: RUN_INDEX }
    : { pk: runListPartition(dagId, list) };
}

interface KeyRange {
  readonly first: string;
  readonly last: string;
  readonly isBounded: boolean;
}

/** Of all ranges of the field, as sort keys; those that absent values pass don't count. */
function rangeOf(
  conditions: readonly Condition<RunField>[],
  field: "runAfter" | "logicalDate" | "partitionDate",
): KeyRange {
  let [from, to] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let isBounded = false;
  for (const condition of conditions) {
    if (condition.kind !== "range" || condition.field !== field) continue;
    // Every run has `runAfter`.
    if (condition.orAbsent && field !== "runAfter") continue;
    from = Math.max(from, condition.from ?? from);
    to = Math.min(to, condition.to ?? to);
    isBounded = true;
  }
  return {
    first: from <= EARLIEST ? FIRST : toKeyText(Math.ceil(from)),
    last: to >= LATEST ? LAST : endOf(toKeyText(Math.floor(to))),
    isBounded,
  };
}

function toKeyText(moment: number): string {
  if (moment > LATEST) return LAST;
  return moment < EARLIEST ? FIRST : toIso(moment);
}

function whereOf({ first, last }: KeyRange): Pick<QueryRequest, "where"> {
  // DynamoDB refuses a range whose end is before its beginning.
  return { where: { between: [first, compareKeys(first, last) > 0 ? first : last] } };
}

function createSource(
  table: DynamoDbTable,
  {
    request,
    range,
    dagId,
  }: {
    readonly request: { readonly pk: string; readonly index?: string };
    readonly range: KeyRange;
    readonly dagId: string | undefined;
  },
): EntrySource {
  return {
    async read({ behind, isDescending, limit }) {
      const first = isDescending ? range.first : (behind ?? range.first);
      const last = isDescending ? (behind ?? range.last) : range.last;
      if (compareKeys(first, last) > 0) return { entries: [], isEnd: true };
      const page = await table.queryPage({
        ...request,
        where: { between: [first, last] },
        newestFirst: isDescending,
        // A condition can't leave out the entry that the page is behind.
        limit: behind === undefined ? limit : limit + 1,
      });
      const entries = page.items
        .map((item) => (dagId === undefined ? fromIndex(item) : toEntry(dagId, item)))
        .filter(({ place }) => place !== behind);
      return { entries, isEnd: page.next === undefined };
    },
  };
}

function fromIndex({ runsSk }: Item): Entry {
  const place = runsSk?.S ?? "";
  const [date = "", dagId = "", runId = ""] = splitKey(place);
  return { run: runKey(dagId, runId), dagId, runId, date, place };
}

function toEntry(dagId: string, item: Item): Entry {
  const place = item.sk?.S ?? "";
  const runId = item.runId?.S ?? "";
  const [date = ""] = splitKey(place);
  return { run: runKey(dagId, runId), dagId, runId, date, place };
}
