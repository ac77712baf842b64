// What the deployment has made of the DAG files that were pushed: read from its metadata until all
// results are there.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DagFileRecord } from "../../model/records.ts";
import type { DagFileStore } from "../../ports/dag-files.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { Clock } from "../../ports/platform.ts";
import { dynamoDbClientOptions } from "../client-options.ts";
import { createDynamoDbMetadata } from "../dynamodb/metadata.ts";
import { isResultOf } from "./expected-imports.ts";
import type { Pushed } from "./push.ts";

const POLL_MS = 500;
/** Files that are asked for at a time: more than that make the pauses longer. */
const ASKED_AT_ONCE = 200;

/** The metadata of a deployment. */
export function metadataOf(
  tableName: string,
  client = new DynamoDBClient(dynamoDbClientOptions()),
): Metadata {
  return createDynamoDbMetadata({ client, tableName });
}

/** What the deployment knows of DAG files, by path. */
export async function listImported({
  files,
}: Pick<Metadata, "files">): Promise<ReadonlyMap<string, DagFileRecord>> {
  return new Map((await files.list()).map((record) => [record.file, record]));
}

export interface ImportProgress {
  /** Results that are there, by file. */
  readonly done: readonly DagFileRecord[];
  /** Files whose result isn't there yet. */
  readonly waiting: readonly string[];
  /** About how long the others will take, by the pace so far; absent while that isn't known. */
  readonly secondsLeft?: number;
}

/** What awaitImports needs of the metadata. */
type Results = Pick<DagFileStore, "getAll">;

export interface AwaitOptions {
  /** How long to wait for the next result; each that comes starts the time again. */
  readonly seconds: number;
  readonly files: Results;
  readonly clock: Pick<Clock, "now" | "sleep">;
  readonly onProgress?: (progress: ImportProgress) => void;
}

/**
 * Waits until the metadata has the result of every DAG file that was pushed, or none has come for
 * so many seconds; returns the state then. A file whose result doesn't change is never written
 * anew, so the result itself is compared. Only files whose result is missing are read again.
 */
export async function awaitImports(
  { expected, deleted }: Pick<Pushed, "expected" | "deleted">,
  { seconds, files, clock, onProgress = () => {} }: AwaitOptions,
): Promise<ImportProgress> {
  const done: DagFileRecord[] = [];
  let waiting: readonly string[] = [...expected.keys(), ...deleted];
  const began = clock.now();
  let first: number | undefined;
  for (let moved = began; ; ) {
    const records = new Map((await files.getAll(waiting)).map((record) => [record.file, record]));
    const left = waiting.filter((file) => {
      const wanted = expected.get(file);
      const record = records.get(file);
      return wanted ? !isResultOf(wanted, record) : record !== undefined;
    });
    const isLeft = new Set(left);
    done.push(
      ...[...records.values()].filter(({ file }) => expected.has(file) && !isLeft.has(file)),
    );
    // What was there before the first look says nothing about the pace.
    first ??= left.length;
    const now = clock.now();
    if (left.length < waiting.length) moved = now;
    waiting = left;
    const came = first - left.length;
    const progress = {
      done: done.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
      waiting,
      ...(came > 0 ? { secondsLeft: ((now - began) / 1_000 / came) * left.length } : {}),
    };
    onProgress(progress);
    if (waiting.length === 0 || now >= moved + seconds * 1_000) return progress;
    await clock.sleep(POLL_MS * Math.ceil(waiting.length / ASKED_AT_ONCE));
  }
}
