// DAGs in DynamoDB: all in one partition, in the order of their ids, and by file in others.
import type { DagRecord } from "../../model/records.ts";
import type { DagStore } from "../../ports/metadata.ts";
import { type PageRequest, parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import { compareKeys, endOf, PARTITIONS, partitionOf, toKey } from "./keys.ts";
import type { DagStateWriter } from "./states/dag-states.ts";
import { type Item, number, pack, text, unpack } from "./table/attributes.ts";
import { type Condition, IS_ABSENT } from "./table/conditions.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

const { dags: DAGS } = PARTITIONS;

/** The part of the metadata that keeps the DAGs; delete-dag.ts removes them. */
export function createDags(
  table: DynamoDbTable,
  states: Pick<DagStateWriter, "touch">,
): Omit<DagStore, "delete" | "forget"> {
  return {
    async get(dagId) {
      const item = await table.get({ pk: DAGS, sk: dagId });
      return item && toDag(item);
    },
    async list(page) {
      const { rows, rowLimit } = await listRows(table, DAGS, page);
      return toPage(rows.map(toDag), { rowLimit, keyOf: ({ dagId }) => [dagId] });
    },
    async listOfFile(file) {
      const found = await table.query({ pk: dagsOfFilePartition(file) });
      const items = await table.getAll(found.map(({ sk }) => ({ pk: DAGS, sk: sk?.S ?? "" })));
      const dags = items.map(toDag).filter((dag) => dag.file === file);
      return dags.sort((a, b) => compareKeys(a.dagId, b.dagId));
    },
    async put(dag) {
      const { dagId, revision, file } = dag;
      const item = { ...toRow(DAGS, dagId, dag), revision: number(revision), file: text(file) };
      if (revision > 1) {
        const { isWritten, item: stored } = await table.put(item, isOfFile(revision - 1, file));
        if (isWritten) await states.touch(dagId);
        if (isWritten || stored?.revision?.N !== String(revision - 1)) return isWritten;
      }
      // First what leads to the DAG: one that is live from the file is never missed.
      await table.put(toKey({ pk: dagsOfFilePartition(file), sk: dagId }));
      const condition = revision === 1 ? IS_ABSENT : hasRevision(revision - 1);
      const { isWritten } = await table.put(item, condition);
      if (isWritten) await states.touch(dagId);
      return isWritten;
    },
  };
}

/**
 * What leads from a file to its DAGs. Those that have moved to another file since are still in it,
 * so the DAGs themselves are looked at.
 */
export function dagsOfFilePartition(file: string): string {
  return partitionOf("dags-of-file", file);
}

function hasRevision(revision: number): Condition {
  return {
    text: "#revision = :before",
    names: ["revision"],
    values: { ":before": number(revision) },
  };
}

/** What leads from the file to the DAG is there: the DAG was written with the same file before. */
function isOfFile(revision: number, file: string): Condition {
  return {
    text: "#revision = :before AND #file = :file",
    names: ["revision", "file"],
    values: { ":before": number(revision), ":file": text(file) },
  };
}

/** A whole record as one text. */
export function toRow(pk: string, sk: string, record: object): Item {
  return { pk: text(pk), sk: text(sk), record: pack(JSON.stringify(record)) };
}

/** Rows of a partition by their sort key, one more than the page holds. */
export async function listRows(
  table: DynamoDbTable,
  pk: string,
  { limit, after, prefix }: PageRequest & { readonly prefix?: string } = {},
): Promise<{ readonly rows: readonly Item[]; readonly rowLimit: number }> {
  const rowLimit = toRowLimit(limit);
  const [last] = parseAfter(after, 1) ?? [];
  const where = whereOf(last, prefix);
  // What is between two keys contains the first one.
  const limitOfQuery = where && "between" in where ? rowLimit + 1 : rowLimit;
  const rows = await table.query({ pk, ...(where ? { where } : {}), limit: limitOfQuery });
  return { rows: rows.filter(({ sk }) => sk?.S !== last).slice(0, rowLimit), rowLimit };
}

/** Keys behind the last one of a page, and with the prefix if there is one. */
function whereOf(last: string | undefined, prefix: string | undefined) {
  if (prefix === undefined) return last === undefined ? undefined : { after: last };
  return last === undefined ? { begins: prefix } : { between: [last, endOf(prefix)] as const };
}

function toDag(item: Item): DagRecord {
  return JSON.parse(unpack(item.record));
}
