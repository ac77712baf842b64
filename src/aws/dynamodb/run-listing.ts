// Listings of DAG runs in DynamoDB: those of one DAG from the table, those of all DAGs from the index. Both have one list
// per kind of state, each in order; a listing merges the lists that it needs and then reads the runs themselves.
import type { DagRunRecord } from "../../model/records.ts";
import type { RunFilter, RunStore } from "../../ports/metadata.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import type { Item } from "./attributes.ts";
import { compareKeys, type ItemKey, joinKey, runKey, splitKey } from "./keys.ts";
import { listOf, RUN_LISTS, type RunList, runListPartition } from "./run-finders.ts";
import { RUN_INDEX } from "./table.ts";
import type { DynamoDbTable } from "./table-calls.ts";
import type { QueryRequest } from "./table-reads.ts";

/** An entry of a list. */
interface Entry {
  readonly run: ItemKey;
  /** Its place in the listing. */
  readonly sk: string;
}

/** The part of the metadata that lists the runs. */
export function createRunListing(
  table: DynamoDbTable,
  toRun: (item: Item) => DagRunRecord,
): Pick<RunStore, "list" | "listActive"> {
  async function readRuns(entries: readonly Entry[]): Promise<readonly DagRunRecord[]> {
    const items = await table.getAll(entries.map(({ run }) => run));
    const byPartition = new Map(items.map((item) => [item.pk?.S, item]));
    return entries.flatMap(({ run }) => {
      const item = byPartition.get(run.pk);
      return item ? [toRun(item)] : [];
    });
  }

  async function listEntries(
    dagId: string | undefined,
    list: RunList,
    query: Pick<QueryRequest, "where" | "limit" | "newestFirst">,
  ): Promise<readonly Entry[]> {
    if (dagId === undefined) {
      const found = await table.query({ pk: list, index: RUN_INDEX, ...query });
      return found.map(({ runsSk }) => {
        const sk = runsSk?.S ?? "";
        const [, dag = "", run = ""] = splitKey(sk);
        return { run: runKey(dag, run), sk };
      });
    }
    const found = await table.query({ pk: runListPartition(dagId, list), ...query });
    return found.map((item) => ({
      run: runKey(dagId, item.runId?.S ?? ""),
      sk: item.sk?.S ?? "",
    }));
  }

  /** The next entries of the listing, from those lists merged. */
  async function listNewest(
    filter: RunFilter & { readonly limit: number },
    before: string | undefined,
  ): Promise<readonly Entry[]> {
    const { dagId, states, limit } = filter;
    const lists = RUN_LISTS.filter(
      (list) => states?.some((state) => listOf(state) === list) ?? true,
    );
    const where = before === undefined ? {} : { where: { before } };
    const found = await Promise.all(
      lists.map((list) => listEntries(dagId, list, { ...where, limit, newestFirst: true })),
    );
    // A run whose state changes meanwhile may be in two lists.
    const byPlace = new Map(found.flat().map((entry) => [entry.sk, entry]));
    return [...byPlace.values()].sort((a, b) => compareKeys(b.sk, a.sk)).slice(0, limit);
  }

  return {
    async list(filter) {
      const { dagId, states } = filter;
      const rowLimit = toRowLimit(filter.limit);
      const toPlace = (run: DagRunRecord) =>
        joinKey([run.runAfter, ...(dagId === undefined ? [run.dagId] : []), run.runId]);
      const runs: DagRunRecord[] = [];
      let [before] = parseAfter(filter.after, 1) ?? [];
      while (runs.length < rowLimit) {
        const entries = await listNewest({ ...filter, limit: rowLimit }, before);
        const found = await readRuns(entries);
        runs.push(...found.filter(({ state }) => states?.includes(state) ?? true));
        before = entries.at(-1)?.sk;
        if (entries.length < rowLimit) break;
      }
      return toPage(runs.slice(0, rowLimit), { rowLimit, keyOf: (run) => [toPlace(run)] });
    },
    async listActive(dagId) {
      const runs = await readRuns(await listEntries(dagId, "active", {}));
      return runs.filter(({ state }) => listOf(state) === "active");
    },
  };
}
