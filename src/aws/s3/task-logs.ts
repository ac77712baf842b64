// Task logs on AWS: an object of JSON lines for each batch that is appended, so that they can be
// read while the task runs. Keys sort as the lines were written:
// <dag>/<run>/<task>/<mapIndex>/<try>/<moment>-<count>-<writer>.
import { randomBytes } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { LogEntry } from "../../model/records.ts";
import { UnknownPlace } from "../../ports/pages.ts";
import type { Reporter } from "../../ports/platform.ts";
import type { TaskLogs, TryKey } from "../../ports/task-logs.ts";
import { toKeyPart } from "../resource-names.ts";
import {
  deleteObjects,
  type ListedObject,
  listObjects,
  readObject,
  type S3Place,
} from "./objects.ts";

/** Bytes of an object, and of what one reading returns; a longer line is alone in it. */
const CHUNK_BYTES = 1024 * 1024;
/** A sensor writes one for each poke. */
const CHUNK_OBJECTS = 200;
/** A log that nothing was read of yet. */
const BEGIN = "0";
const CHUNK_ID = /^\d{13}-\d{6}-[0-9a-f]{8}$/;

/**
 * `report` gets one line when logs can't be written, and one when they can again; a task never
 * fails by it.
 */
export function createS3TaskLogs({
  report,
  ...place
}: S3Place & { readonly report?: Reporter }): TaskLogs {
  const { client, bucket, prefix } = place;
  const nextId = createIds();
  /** The latest writing of each try: what is written later must not be seen earlier. */
  const latest = new Map<string, Promise<void>>();
  let isFailing = false;

  const toFolder = (dagId: string) => `${prefix}${toKeyPart(dagId)}/`;

  function toTryFolder({ dagId, runId, taskId, mapIndex, tryNumber }: TryKey): string {
    return `${toFolder(dagId)}${toKeyPart(runId)}/${toKeyPart(taskId)}/${mapIndex}/${tryNumber}/`;
  }

  async function write(folder: string, batches: readonly string[]): Promise<void> {
    try {
      for (const body of batches) {
        const put = { Bucket: bucket, Key: folder + nextId(), Body: body };
        await client.send(new PutObjectCommand({ ...put, ContentType: "application/jsonl" }));
      }
      if (isFailing) report?.info(`Task logs are written to ${bucket} again`);
      isFailing = false;
    } catch (error) {
      if (!isFailing) {
        report?.error(
          `Task logs can't be written to ${bucket}: ${String(error)}. Tasks go on, their log lines are lost`,
        );
      }
      isFailing = true;
    }
  }

  return {
    async append(key, entries) {
      if (entries.length === 0) return;
      const folder = toTryFolder(key);
      const batches = toBatches(entries);
      const mine = (latest.get(folder) ?? Promise.resolve()).then(() => write(folder, batches));
      latest.set(folder, mine);
      await mine;
      if (latest.get(folder) === mine) latest.delete(folder);
    },

    async read(key, after = BEGIN) {
      if (after !== BEGIN && !CHUNK_ID.test(after)) {
        throw new UnknownPlace(`"${after}" continues no log`);
      }
      const folder = toTryFolder(key);
      const chunk = await takeChunk(
        listObjects({ ...place, prefix: folder }, after === BEGIN ? undefined : folder + after),
      );
      const texts = await Promise.all(chunk.map((object) => readObject(place, object.key)));
      return {
        entries: texts.flatMap(parseLines),
        next: chunk.at(-1)?.key.slice(folder.length) ?? after,
      };
    },

    async readLast(key, bytes) {
      const folder = toTryFolder(key);
      const all: ListedObject[] = [];
      for await (const object of listObjects({ ...place, prefix: folder })) all.push(object);
      const last = takeLast(all, bytes);
      const texts = await Promise.all(last.map((object) => readObject(place, object.key)));
      return {
        entries: texts.flatMap(parseLines),
        next: last.at(-1)?.key.slice(folder.length) ?? BEGIN,
      };
    },

    async deleteDag(dagId) {
      await deleteObjects({ ...place, prefix: toFolder(dagId) });
    },
    async deleteRun(dagId, runId) {
      await deleteObjects({ ...place, prefix: `${toFolder(dagId)}${toKeyPart(runId)}/` });
    },
  };
}

/** Ids that grow from call to call, whatever the clock does, and that no other process makes. */
function createIds(): () => string {
  const writer = randomBytes(4).toString("hex");
  let moment = 0;
  let count = 0;
  return () => {
    const now = Math.max(Date.now(), moment);
    count = now === moment ? count + 1 : 0;
    moment = now;
    return `${String(moment).padStart(13, "0")}-${String(count).padStart(6, "0")}-${writer}`;
  };
}

function toBatches(entries: readonly LogEntry[]): readonly string[] {
  const batches: string[] = [];
  let lines: string[] = [];
  let size = 0;
  for (const entry of entries) {
    const line = `${JSON.stringify(entry)}\n`;
    const bytes = Buffer.byteLength(line);
    if (size > 0 && size + bytes > CHUNK_BYTES) {
      batches.push(lines.join(""));
      lines = [];
      size = 0;
    }
    lines.push(line);
    size += bytes;
  }
  return [...batches, lines.join("")];
}

/** As many objects from the front as fit into a chunk, but at least one; each is a request. */
async function takeChunk(objects: AsyncIterable<ListedObject>): Promise<readonly ListedObject[]> {
  const taken: ListedObject[] = [];
  let size = 0;
  for await (const object of objects) {
    size += object.sizeBytes;
    if (taken.length === CHUNK_OBJECTS || (taken.length > 0 && size > CHUNK_BYTES)) break;
    taken.push(object);
  }
  return taken;
}

/** As many objects from the end as have so many bytes, but at least one. */
function takeLast(objects: readonly ListedObject[], bytes: number): readonly ListedObject[] {
  const taken: ListedObject[] = [];
  let size = 0;
  for (const object of objects.toReversed()) {
    size += object.sizeBytes;
    if (taken.length === CHUNK_OBJECTS || (taken.length > 0 && size > bytes)) break;
    taken.push(object);
  }
  return taken.reverse();
}

function parseLines(text = ""): readonly LogEntry[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line): LogEntry => JSON.parse(line));
}
