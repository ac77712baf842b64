// The calls that the metadata makes to its table: reads, writes and transactions together.
import type { TableAccess } from "./table-access.ts";
import { createTableReads } from "./table-reads.ts";
import { createTableWrites } from "./table-writes.ts";
import { createTransactions } from "./transactions.ts";

/** The table must exist. */
export function createDynamoDbTable(access: TableAccess) {
  return {
    ...createTableReads(access),
    ...createTableWrites(access),
    ...createTransactions(access),
  };
}

export type DynamoDbTable = ReturnType<typeof createDynamoDbTable>;
