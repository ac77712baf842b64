// stepwind push, on the side of AWS: makes the bucket of DAG files what a folder is, then waits until the DAG processor
// has taken up what changed.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteObjectsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import type { DagFileRecord } from "../../model/records.ts";
import type { DagSource } from "../../ports/dag-source.ts";
import {
  type Bundled,
  bundleDagFile,
  type NotBundled,
} from "../../services/dag-processing/bundle.ts";
import { bundlePackages, findPackages } from "../../services/dag-processing/bundle-packages.ts";
import { isImportable } from "../../services/dag-processing/bundle-resolve.ts";
import { isDagFile, makesDag } from "../../services/dag-processing/dag-files.ts";
import { isPackageFile } from "../../services/dag-processing/package-files.ts";
import { CLIENT_OPTIONS, S3_CLIENT_OPTIONS } from "../client-options.ts";
import { createDynamoDbMetadata } from "../dynamodb/metadata.ts";
import { DeploymentNotFound, findDeployment } from "./deployment.ts";

export interface PushOptions {
  /** The folder, with the folder on disk that packages are looked up from. */
  readonly source: DagSource;
  readonly bucket: string;
  /** Whether objects whose file is gone are deleted. */
  readonly deletesGone: boolean;
  /** What the deployment knows of DAG files, by path; absent: unknown. */
  readonly imported?: ReadonlyMap<string, DagFileRecord>;
  /** Called before and after each upload. */
  readonly onUpload?: (progress: { readonly done: number; readonly of: number }) => void;
}

export interface Pushed {
  readonly uploaded: readonly string[];
  readonly deleted: readonly string[];
  /** Objects whose file is gone and that were left. */
  readonly gone: readonly string[];
  /** Files that no DAG file can import, so that they were not uploaded. */
  readonly leftOut: readonly string[];
  /** What is to become of each DAG file. */
  readonly expected: ReadonlyMap<string, Expected>;
}

export interface Expected {
  /** As the DAG processor will bundle it: the same files give the same code. */
  readonly bundle: Bundled | NotBundled;
  /** Whether it may turn out to have no DAG, so that nothing of it is recorded. */
  readonly mayDrawNothing: boolean;
}

export interface Target {
  /** Where a deployment keeps DAG files. */
  readonly bucket: string;
  /** The table that their results come to. */
  readonly tableName?: string;
}

/** Throws DeploymentNotFound. */
export async function findTarget(stack: string): Promise<Target> {
  const { environment } = await findDeployment(stack);
  const { STEPWIND_DAGS_BUCKET: bucket, STEPWIND_TABLE: tableName } = environment;
  if (bucket === undefined || tableName === undefined) {
    throw new DeploymentNotFound(
      `The functions of stack "${stack}" name no bucket of DAG files`,
      `Look at it with: stepwind doctor --stack ${stack}`,
    );
  }
  return { bucket, tableName };
}

/** Uploads at the same time. */
const CONCURRENCY = 16;
/** S3: DeleteObjects takes at most so many keys. */
const DELETE_AT_ONCE = 1_000;
const POLL_MS = 500;

/**
 * What a file needs is uploaded before it, so that no import error flashes up on the way. A DAG file that stands in the bucket
 * as it is here is uploaded again if the deployment has made something else of it: its event was lost, or the DAG taken off.
 */
export async function push(
  options: PushOptions,
  client = new S3Client(S3_CLIENT_OPTIONS),
): Promise<Pushed> {
  const { source, bucket, deletesGone, imported, onUpload = () => {} } = options;
  const paths = await source.list();
  const texts = await readAll(source, paths.filter(isImportable));
  const dagFiles = [...texts].flatMap(([file, text]) => (isDagFile(file, text) ? [file] : []));
  await addPackages(source, { texts, dagFiles });

  const expected = new Map<string, Expected>();
  for (const file of dagFiles) {
    const bundle = await bundleDagFile(inMemory(texts), file);
    expected.set(file, { bundle, mayDrawNothing: !makesDag(texts.get(file) ?? "") });
  }

  const etags = await listETags(client, bucket);
  const isUnheard = (file: string) => {
    const mine = expected.get(file);
    return mine !== undefined && imported !== undefined && !isResultOf(mine, imported.get(file));
  };
  const changed = [...texts].filter(
    ([file, text]) => etags.get(file) !== etagOf(text) || isUnheard(file),
  );
  const rank = (file: string) => (isPackageFile(file) ? 0 : expected.has(file) ? 2 : 1);
  const uploaded = changed.map(([file]) => file).sort((a, b) => rank(a) - rank(b));
  let done = 0;
  for (const group of [0, 1, 2]) {
    const queue = uploaded.filter((file) => rank(file) === group).values();
    await atOnce(CONCURRENCY, async () => {
      for (const file of queue) {
        onUpload({ done, of: uploaded.length });
        await putFile(client, { bucket, file, text: texts.get(file) ?? "" });
        done += 1;
      }
    });
  }
  onUpload({ done, of: uploaded.length });

  const here = new Set([...paths, ...texts.keys()]);
  const gone = [...etags.keys()].filter((key) => !here.has(key));
  if (deletesGone) await deleteKeys(client, bucket, gone);
  return {
    uploaded,
    deleted: deletesGone ? gone : [],
    gone: deletesGone ? [] : gone,
    leftOut: paths.filter((path) => !isImportable(path)),
    expected,
  };
}

/** What the deployment knows of DAG files, by path. */
export async function listImported(
  tableName: string,
  client = new DynamoDBClient(CLIENT_OPTIONS),
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
 * Waits until the metadata tells of every DAG file what was pushed, or so many seconds have passed; answers the state
 * then. A file whose result doesn't change is never written anew, so the result itself is compared.
 */
export async function awaitImports(
  { expected, deleted }: Pick<Pushed, "expected" | "deleted">,
  options: {
    readonly tableName: string;
    readonly seconds: number;
    readonly onProgress?: (progress: ImportProgress) => void;
  },
  client = new DynamoDBClient(CLIENT_OPTIONS),
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

function isResultOf(
  { bundle, mayDrawNothing }: Expected,
  record: DagFileRecord | undefined,
): boolean {
  if (!record) return bundle.ok && mayDrawNothing;
  if (bundle.ok) return record.bundleHash === bundle.hash;
  const told = (diagnostics: DagFileRecord["diagnostics"]) =>
    JSON.stringify(diagnostics.map(({ file, line, message }) => [file, line, message]));
  return record.bundleHash === undefined && told(record.diagnostics) === told(bundle.diagnostics);
}

function inMemory(texts: ReadonlyMap<string, string>): DagSource {
  return { list: async () => [...texts.keys()], read: async (file) => texts.get(file) };
}

async function readAll(source: DagSource, files: readonly string[]): Promise<Map<string, string>> {
  const texts = await Promise.all(
    files.map(async (file) => {
      const text = await source.read(file);
      return text === undefined ? [] : [[file, text] as const];
    }),
  );
  return new Map(texts.flat());
}

/** Adds the files that stand for npm packages. */
async function addPackages(
  { packagesFrom }: DagSource,
  {
    texts,
    dagFiles,
  }: { readonly texts: Map<string, string>; readonly dagFiles: readonly string[] },
): Promise<void> {
  if (packagesFrom === undefined) return;
  const specifiers = await findPackages(inMemory(texts), dagFiles);
  if (specifiers.length === 0) return;
  for (const [path, text] of await bundlePackages(specifiers, { folder: packagesFrom })) {
    texts.set(path, text);
  }
}

/** ETags without their quotes; those of objects uploaded at once and not encrypted by KMS are MD5 hashes. */
async function listETags(client: S3Client, bucket: string): Promise<ReadonlyMap<string, string>> {
  const etags = new Map<string, string>();
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket })) {
    for (const { Key = "", ETag = "" } of page.Contents ?? []) {
      etags.set(Key, ETag.replaceAll('"', ""));
    }
  }
  return etags;
}

function etagOf(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

async function putFile(
  client: S3Client,
  { bucket, file, text }: { readonly bucket: string; readonly file: string; readonly text: string },
): Promise<void> {
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: file,
      Body: text,
      ContentType: "text/plain; charset=utf-8",
    }),
  );
}

async function deleteKeys(
  client: S3Client,
  bucket: string,
  keys: readonly string[],
): Promise<void> {
  for (let from = 0; from < keys.length; from += DELETE_AT_ONCE) {
    const objects = keys.slice(from, from + DELETE_AT_ONCE).map((Key) => ({ Key }));
    const { Errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
    );
    const [first] = Errors;
    if (first) throw new Error(`${first.Key} could not be deleted: ${first.Message}`);
  }
}

async function atOnce(count: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, work));
}
