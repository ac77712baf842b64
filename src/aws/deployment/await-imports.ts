// What the deployment has made of the DAG files that were pushed: read from its metadata until all
// results are there.
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DagFileRecord } from "../../model/records.ts";
import { dynamoDbClientOptions } from "../client-options.ts";
import { createDynamoDbMetadata } from "../dynamodb/metadata.ts";
import { isResultOf } from "./expected-imports.ts";
import type { Pushed } from "./push.ts";

const POLL_MS = 500;

/** What the deployment knows of DAG files, by path. */
export async function listImported(
  tableName: string,
  client = new DynamoDBClient(dynamoDbClientOptions()),
): Promise<ReadonlyMap<string, DagFileRecord>> {
  const records = await createDynamoDbMetadata({ client, tableName }).files.list();
  return new Map(records.map((record) => [record.file, record]));
}

export interface ImportProgress {
  /** Results that are there, by file. */
  readonly done: readonly DagFileRecord[];
  /** Files whose result isn't there yet. */
  readonly waiting: readonly string[];
}

/**
 * Waits until the metadata has the result of every DAG file that was pushed, or so many seconds
 * have passed; returns the state then. A file whose result doesn't change is never written anew, so
 * the result itself is compared.
 */
export async function awaitImports(
  { expected, deleted }: Pick<Pushed, "expected" | "deleted">,
  options: {
    readonly tableName: string;
    readonly seconds: number;
    readonly onProgress?: (progress: ImportProgress) => void;
  },
  client = new DynamoDBClient(dynamoDbClientOptions()),
): Promise<ImportProgress> {
  for (const until = Date.now() + options.seconds * 1_000; ; await sleep(POLL_MS)) {
    const records = await listImported(options.tableName, client);
    const waiting = [...expected].flatMap(([file, bundle]) =>
      isResultOf(bundle, records.get(file)) ? [] : [file],
    );
    waiting.push(...deleted.filter((file) => records.has(file)));
    const done = [...records.values()].filter(
      ({ file }) => expected.has(file) && !waiting.includes(file),
    );
    options.onProgress?.({ done, waiting });
    if (waiting.length === 0 || Date.now() >= until) return { done, waiting };
  }
}
