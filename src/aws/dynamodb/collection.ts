// Simple entities in DynamoDB: a partition per kind, each record whole as one text.
import { randomUUID } from "node:crypto";
import type { Collection, Stored } from "../../ports/metadata.ts";
import { toPage } from "../../ports/pages.ts";
import { listRows, toRow } from "./dags.ts";
import { type Item, text, unpack } from "./table/attributes.ts";
import { type Condition, IS_ABSENT } from "./table/conditions.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

/** Revision of a record that was stored before records had one. */
const UNNAMED = "1";

/** The records of the partition; `keyOf` is read from a record when it is stored. */
export function createCollection<T extends object>(
  table: DynamoDbTable,
  { partition, keyOf }: { readonly partition: string; readonly keyOf: (record: T) => string },
): Collection<T> {
  return {
    async get(key) {
      const item = await table.get({ pk: partition, sk: key });
      return item && parse<T>(item);
    },
    async getAll(keys) {
      const items = await table.getAll([...new Set(keys)].map((sk) => ({ pk: partition, sk })));
      return items.map((item) => parse<T>(item));
    },
    async put(record, condition) {
      const item = {
        ...toRow(partition, keyOf(record), record),
        revision: text(randomUUID()),
      };
      return (await table.put(item, condition && hasRevision(condition.revision))).isWritten;
    },
    delete: (key) => table.remove({ pk: partition, sk: key }),
    async list(page) {
      const { rows, rowLimit } = await listRows(table, partition, page);
      const records = rows.map((row) => parse<T>(row));
      return toPage(records, { rowLimit, keyOf: (record) => [keyOf(record)] });
    },
  };
}

function hasRevision(revision: string): Condition {
  if (revision === "") return IS_ABSENT;
  const isSame = "#revision = :before";
  return {
    text:
      revision === UNNAMED
        ? `attribute_exists(#pk) AND (attribute_not_exists(#revision) OR ${isSame})`
        : isSame,
    names: revision === UNNAMED ? ["pk", "revision"] : ["revision"],
    values: { ":before": text(revision) },
  };
}

function parse<T>(item: Item): Stored<T> {
  return { ...JSON.parse(unpack(item.record)), revision: item.revision?.S ?? UNNAMED };
}
