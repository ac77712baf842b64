// stepwind push, on the side of AWS: makes the bucket of DAG files what a folder is.
// await-imports.ts waits until the DAG processor has taken up what changed.
import { createHash } from "node:crypto";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { importsOneOf } from "../../model/dag-files.ts";
import type { DagFileRecord } from "../../model/records.ts";
import type { DagSource } from "../../ports/dag-source.ts";
import { bundlePackages, findPackages } from "../../services/dag-processing/bundle-packages.ts";
import { lookForStepwind } from "../../services/dag-processing/dag-files.ts";
import { isPackageFile } from "../../services/dag-processing/package-files.ts";
import { isImportable } from "../../services/dag-processing/source-paths.ts";
import { S3_CLIENT_OPTIONS } from "../client-options.ts";
import { deleteKeys, listObjects } from "../s3/objects.ts";
import { type Expected, expectImports, inMemory, isResultOf } from "./expected-imports.ts";

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

/** Uploads at the same time. */
const CONCURRENCY = 16;
/** DAG files that one function processes because a helper of theirs has changed: a few minutes. */
const MAX_IMPORTERS = 500;

/**
 * What a file needs is uploaded before it, so that no import error flashes up on the way. A DAG
 * file that is in the bucket as it is here is uploaded again if the deployment has made something
 * else of it: its event was lost, or the DAG taken off.
 */
export async function push(
  options: PushOptions,
  client = new S3Client(S3_CLIENT_OPTIONS),
): Promise<Pushed> {
  const { source, bucket, deletesGone, imported } = options;
  const paths = await source.list();
  const texts = await readAll(source, paths.filter(isImportable));
  const dagFiles = await findDagFiles(texts);
  await addPackages(source, { texts, dagFiles });
  const expected = await expectImports(texts, dagFiles);

  const etags = await listETags(client, bucket);
  const differing = [...texts].flatMap(([file, text]) =>
    etags.get(file) === etagOf(text) ? [] : [file],
  );
  const changed = [...differing, ...findUnheard({ expected, imported, differing })];
  const uploaded = await uploadInOrder(client, changed, { options, texts, expected });

  const here = new Set([...paths, ...texts.keys()]);
  const gone = [...etags.keys()].filter((key) => !here.has(key));
  if (deletesGone) await deleteKeys({ client, bucket }, gone);
  return {
    uploaded,
    deleted: deletesGone ? gone : [],
    gone: deletesGone ? [] : gone,
    leftOut: paths.filter((path) => !isImportable(path)),
    expected,
  };
}

/**
 * DAG files of which the deployment has made something else than they are, though the bucket has
 * them: their event was lost, or the DAG was taken off. Those that import a file that is uploaded
 * now are processed because of it, unless they are too many for one function's time.
 */
function findUnheard({
  expected,
  imported,
  differing,
}: {
  readonly expected: Pushed["expected"];
  readonly imported: PushOptions["imported"];
  readonly differing: readonly string[];
}): readonly string[] {
  if (imported === undefined) return [];
  const isUploaded = new Set(differing);
  const unheard = [...expected].flatMap(([file, mine]) =>
    isUploaded.has(file) || isResultOf(mine, imported.get(file)) ? [] : [file],
  );
  const importers = unheard.filter((file) =>
    importsOneOf(imported.get(file)?.imports ?? [], isUploaded),
  );
  if (importers.length > MAX_IMPORTERS) return unheard;
  const isImporter = new Set(importers);
  return unheard.filter((file) => !isImporter.has(file));
}

/** Packages first, then helpers, then DAG files. Returns the files in this order. */
async function uploadInOrder(
  client: S3Client,
  changed: readonly string[],
  {
    options: { bucket, onUpload = () => {} },
    texts,
    expected,
  }: {
    readonly options: PushOptions;
    readonly texts: ReadonlyMap<string, string>;
    readonly expected: Pushed["expected"];
  },
): Promise<readonly string[]> {
  const rank = (file: string) => (isPackageFile(file) ? 0 : expected.has(file) ? 2 : 1);
  const ordered = changed.toSorted((a, b) => rank(a) - rank(b));
  let done = 0;
  for (const group of [0, 1, 2]) {
    const queue = ordered.filter((file) => rank(file) === group).values();
    await atOnce(CONCURRENCY, async () => {
      for (const file of queue) {
        onUpload({ done, of: ordered.length });
        await putFile(client, { bucket, file, text: texts.get(file) ?? "" });
        done += 1;
      }
    });
  }
  onUpload({ done, of: ordered.length });
  return ordered;
}

async function findDagFiles(texts: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const found = await Promise.all(
    [...texts].map(async ([file, text]) => {
      const { isDagFile } = await lookForStepwind(inMemory(texts), file, text);
      return isDagFile ? [file] : [];
    }),
  );
  return found.flat();
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

/** Adds the files that replace npm packages. */
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

async function listETags(client: S3Client, bucket: string): Promise<ReadonlyMap<string, string>> {
  const etags = new Map<string, string>();
  for await (const { key, etag } of listObjects({ client, bucket, prefix: "" })) {
    etags.set(key, etag);
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

async function atOnce(count: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, work));
}
