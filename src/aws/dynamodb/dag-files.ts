// DAG files in DynamoDB: their records in one partition, in the order of their paths, and small
// items that lead to them from what they import, from DAG ids that another file has, and from the
// fact that they have errors. No question about a few files reads the records of all.
import { randomUUID } from "node:crypto";
import { type FileFinder, findersOf, importsThatMean } from "../../model/dag-files.ts";
import type { DagFileRecord } from "../../model/records.ts";
import type { DagFileStore } from "../../ports/dag-files.ts";
import { toRow } from "./dags.ts";
import { type ItemKey, PARTITIONS, partitionOf, toKey } from "./keys.ts";
import { type Item, text, unpack } from "./table/attributes.ts";
import { isUnchanged } from "./table/conditions.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

const { files: FILES } = PARTITIONS;
/** Finders that are written, or partitions of them that are read, at a time. */
const PARALLEL = 16;
/** Says that every record has its finders: earlier versions of Stepwind wrote none. */
const FINDERS_BUILT: ItemKey = { pk: "built", sk: "file-finders" };

/** The part of the metadata that keeps what became of DAG files. */
export function createDagFiles(table: DynamoDbTable): DagFileStore {
  let isBuilt = false;

  async function listFound(kind: FileFinder["kind"], keys: readonly string[]) {
    if (!isBuilt) await buildFinders(table);
    isBuilt = true;
    const files = new Set<string>();
    await inParallel(keys, async (key) => {
      for (const { sk } of await table.query({ pk: finderPartition({ kind, key }) })) {
        files.add(sk?.S ?? "");
      }
    });
    return [...files].sort();
  }

  return {
    async get(file) {
      const item = await table.get({ pk: FILES, sk: file });
      return item && toFile(item);
    },
    async getAll(files) {
      const keys = [...new Set(files)].map((sk) => ({ pk: FILES, sk }));
      return (await table.getAll(keys)).map(toFile);
    },
    put: (record) => putFile(table, record),
    async delete(file) {
      const stored = await table.get({ pk: FILES, sk: file });
      if (!stored) return;
      await table.remove({ pk: FILES, sk: file });
      await removeFinders(table, stored, new Set());
    },
    list: async () => (await table.query({ pk: FILES })).map(toFile),
    listImporters: (paths) => listFound("import", importsThatMean(paths)),
    listClaimants: (dagIds) => listFound("claim", dagIds),
    async listBroken() {
      const broken = await listFound("broken", [""]);
      const items = await table.getAll(broken.map((sk) => ({ pk: FILES, sk })));
      return items.map(toFile).sort((a, b) => (a.file < b.file ? -1 : 1));
    },
  };
}

/**
 * Writes what leads to the record before it, and removes after it what no longer does: a file may
 * be found in vain, and is never missed. Each finder has the name of the set that it was written
 * with, so that of two writers the slower one can't remove what the other has written again.
 */
async function putFile(table: DynamoDbTable, record: DagFileRecord): Promise<void> {
  const { file } = record;
  for (;;) {
    const stored = await table.get({ pk: FILES, sk: file });
    const wanted = new Set(findersOf(record).map(finderPartition));
    const present = stored?.finders ? new Set(partitionsOf(stored)) : undefined;
    const isSame = present?.size === wanted.size && [...wanted].every((pk) => present.has(pk));
    const name = (isSame ? stored?.finders?.S : undefined) ?? randomUUID();
    if (!isSame) {
      await inParallel([...wanted], async (pk) => {
        await table.put({ ...toKey({ pk, sk: file }), finders: text(name) });
      });
    }
    const item = { ...toRow(FILES, file, record), finders: text(name) };
    const { isWritten } = await table.put(item, isUnchanged(stored));
    if (!isWritten) continue;
    if (stored && !isSame) await removeFinders(table, stored, wanted);
    return;
  }
}

/** Removes those of the record's finders that are not wanted and that nobody has written since. */
async function removeFinders(
  table: DynamoDbTable,
  stored: Item,
  wanted: ReadonlySet<string>,
): Promise<void> {
  const { finders } = stored;
  if (!finders) return;
  const gone = partitionsOf(stored).filter((pk) => !wanted.has(pk));
  await inParallel(gone, async (pk) => {
    const key = { pk, sk: stored.sk?.S ?? "" };
    const condition = {
      text: "#finders = :finders",
      names: ["finders"],
      values: { ":finders": finders },
    };
    await table.transact([{ remove: key, condition }]);
  });
}

/** Once per table, whatever the number of processes: repeating writes nothing. */
async function buildFinders(table: DynamoDbTable): Promise<void> {
  if (await table.get(FINDERS_BUILT)) return;
  const items = await table.query({ pk: FILES });
  const before = items.filter(({ finders }) => finders === undefined);
  await inParallel(before, (item) => putFile(table, toFile(item)));
  await table.put(toKey(FINDERS_BUILT));
}

function partitionsOf(stored: Item): readonly string[] {
  return findersOf(toFile(stored)).map(finderPartition);
}

function finderPartition({ kind, key }: FileFinder): string {
  return partitionOf("files-by", kind, key);
}

function toFile(item: Item): DagFileRecord {
  return JSON.parse(unpack(item.record));
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const rows = Array.from({ length: PARALLEL }, async () => {
    for (const item of queue) await work(item);
  });
  await Promise.all(rows);
}
