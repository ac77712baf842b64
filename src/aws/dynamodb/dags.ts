// DAGs and DAG files in DynamoDB: each kind in one partition, in the order of their ids.
import type { DagFileRecord, DagRecord } from "../../model/records.ts";
import type { DagStore, PageRequest } from "../../ports/metadata.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import { type Item, number, pack, text, unpack } from "./attributes.ts";
import { PARTITIONS } from "./keys.ts";
import { type DynamoDbTable, IS_ABSENT } from "./table-calls.ts";

const { dags: DAGS, files: FILES } = PARTITIONS;

/** The part of the metadata that says which DAGs there are; versions and the end of a DAG have files of their own. */
export function createDags(
  table: DynamoDbTable,
): Omit<DagStore, "deleteDag" | "createDagVersion" | "getDagVersion" | "listDagVersions"> {
  return {
    async getDag(dagId) {
      const item = await table.get({ pk: DAGS, sk: dagId });
      return item && toDag(item);
    },
    async listDags(page) {
      const { rows, rowLimit } = await listRows(table, DAGS, page);
      return toPage(rows.map(toDag), { rowLimit, keyOf: ({ dagId }) => [dagId] });
    },
    async putDag(dag) {
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

    async getDagFile(file) {
      const item = await table.get({ pk: FILES, sk: file });
      return item && toFile(item);
    },
    async putDagFile(record) {
      await table.put(toRow(FILES, record.file, record));
    },
    deleteDagFile: (file) => table.remove({ pk: FILES, sk: file }),
    listDagFiles: async () => (await table.query({ pk: FILES })).map(toFile),
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
