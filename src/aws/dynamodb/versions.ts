// Versions of DAGs in DynamoDB. A version is deflated and cut into chunks, since an item has 400 KB
// at most: chunks are written first and the head last, so a version that can be seen is whole.
import { randomUUID } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { DagVersionRecord } from "../../model/records.ts";
import type { VersionStore } from "../../ports/metadata.ts";
import { joinKey, keyOf, partitionOf } from "./keys.ts";
import { type Item, number, text } from "./table/attributes.ts";
import { IS_ABSENT } from "./table/conditions.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

/** Bytes of a version in one item. */
const CHUNK_BYTES = 350_000;

/** The part of the metadata that keeps the versions. */
export function createVersions(table: DynamoDbTable): VersionStore {
  async function parse(pk: string, head: Item): Promise<DagVersionRecord> {
    const parts = [bytesOf(head)];
    const upload = head.chunks?.S;
    if (upload !== undefined) {
      const chunks = await table.query({ pk, where: { begins: chunkPrefix(upload) } });
      parts.push(...chunks.map(bytesOf));
    }
    return JSON.parse(inflateRawSync(Buffer.concat(parts)).toString());
  }

  return {
    async create(version) {
      const pk = versionPartition(version.dagId);
      const head = {
        pk: text(pk),
        sk: text(headKey(version.hash)),
        number: number(version.number),
      };
      const bytes = deflateRawSync(JSON.stringify(version));
      if (bytes.length <= CHUNK_BYTES) {
        return (await table.put({ ...head, bytes: { B: bytes } }, IS_ABSENT)).isWritten;
      }
      // Chunks of its own for each writer: two may write the same version at once, with other
      // numbers.
      const upload = randomUUID();
      const chunks: Item[] = [];
      for (let start = CHUNK_BYTES; start < bytes.length; start += CHUNK_BYTES) {
        const place = String(chunks.length).padStart(4, "0");
        chunks.push({
          pk: text(pk),
          sk: text(`${chunkPrefix(upload)}${place}`),
          bytes: { B: bytes.subarray(start, start + CHUNK_BYTES) },
        });
      }
      await Promise.all(chunks.map((chunk) => table.put(chunk)));
      const first = { B: bytes.subarray(0, CHUNK_BYTES) };
      const { isWritten } = await table.put(
        { ...head, bytes: first, chunks: text(upload) },
        IS_ABSENT,
      );
      if (!isWritten) await table.removeAll(chunks.map(keyOf));
      return isWritten;
    },
    async get(dagId, hash) {
      const pk = versionPartition(dagId);
      const head = await table.get({ pk, sk: headKey(hash) });
      return head && parse(pk, head);
    },
    async delete(dagId, hash) {
      const pk = versionPartition(dagId);
      const head = await table.get({ pk, sk: headKey(hash) });
      if (!head) return;
      // The head goes first: what can be seen is whole.
      await table.remove(keyOf(head));
      const upload = head.chunks?.S;
      if (upload === undefined) return;
      const chunks = await table.query({ pk, where: { begins: chunkPrefix(upload) } });
      await table.removeAll(chunks.map(keyOf));
    },
    async list(dagId) {
      const pk = versionPartition(dagId);
      const heads = await table.query({ pk, where: { begins: HEAD_PREFIX } });
      const versions = await Promise.all(heads.map((head) => parse(pk, head)));
      return versions.sort((a, b) => b.number - a.number);
    },
  };
}

/** Everything about the versions of a DAG. */
export function versionPartition(dagId: string): string {
  return partitionOf("versions", dagId);
}

const HEAD_PREFIX = "version#";

function headKey(hash: string): string {
  return `${HEAD_PREFIX}${joinKey([hash])}`;
}

function chunkPrefix(upload: string): string {
  return `chunk#${upload}#`;
}

function bytesOf(item: Item): Uint8Array {
  return item.bytes?.B ?? new Uint8Array();
}
