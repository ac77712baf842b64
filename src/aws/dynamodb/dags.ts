// DAGs and DAG files in DynamoDB: each kind in one partition, in the order of their ids.
import type { DagFileRecord, DagRecord } from "../../model/records.ts";
import type { DagFileStore, DagStore, PageRequest } from "../../ports/metadata.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import { PARTITIONS } from "./keys.ts";
import { type Item, number, pack, text, unpack } from "./table/attributes.ts";
import { IS_ABSENT } from "./table/conditions.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

const { dags: DAGS, files: FILES } = PARTITIONS;

/** The part of the metadata that keeps the DAGs; delete-dag.ts removes them. */
export function createDags(table: DynamoDbTable): Omit<DagStore, "delete"> {
  return {
    async get(dagId) {
      const item = await table.get({ pk: DAGS, sk: dagId });
      return item && toDag(item);
    },
    async list(page) {
      const { rows, rowLimit } = await listRows(table, DAGS, page);
      return toPage(rows.map(toDag), { rowLimit, keyOf: ({ dagId }) => [dagId] });
    },
    async put(dag) {
      const { dagId, revision } = dag;
      const item = { ...toRow(DAGS, dagId, dag), revision: number(revision) };
      const { isWritten } = await table.put(
        item,
        revision === 1
          ? IS_ABSENT
          : {
              text: "#revision = :before",
              names: ["revision"],
              values: { ":before": number(revision - 1) },
            },
      );
      return isWritten;
    },
  };
}

/** The part of the metadata that keeps what became of DAG files. */
export function createDagFiles(table: DynamoDbTable): DagFileStore {
  return {
    async get(file) {
      const item = await table.get({ pk: FILES, sk: file });
      return item && toFile(item);
    },
    async put(record) {
      await table.put(toRow(FILES, record.file, record));
    },
    delete: (file) => table.remove({ pk: FILES, sk: file }),
    list: async () => (await table.query({ pk: FILES })).map(toFile),
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
  { limit, after }: PageRequest = {},
): Promise<{ readonly rows: readonly Item[]; readonly rowLimit: number }> {
  const rowLimit = toRowLimit(limit);
  const [last] = parseAfter(after, 1) ?? [];
  const where = last === undefined ? {} : { where: { after: last } };
  return { rows: await table.query({ pk, ...where, limit: rowLimit }), rowLimit };
}

function toDag(item: Item): DagRecord {
  return JSON.parse(unpack(item.record));
}

function toFile(item: Item): DagFileRecord {
  return JSON.parse(unpack(item.record));
}
