// The DAG processor: takes a DAG file from upload to a published version, and retires DAGs whose file is gone.
// A mistake becomes an import error of the file; the last good version stays live.
import type { Diagnostic } from "../../model/diagnostics.ts";
import type { DagDocument } from "../../model/document.ts";
import type { DagFileRecord, DagRecord, DagVersionRecord } from "../../model/records.ts";
import { isSameSchedule } from "../../model/scheduling/planner.ts";
import { supersede } from "../../model/scheduling/version-retention.ts";
import type { Platform } from "../../ports/platform.ts";
import { bundleDagFile } from "./bundle.ts";
import { isDagFile, makesDag } from "./dag-files.ts";
import { type PublishOptions, publishVersion } from "./publish-version.ts";

export interface DagProcessorOptions extends PublishOptions {
  /** For new DAGs that don't say themselves (Airflow: dags_are_paused_at_creation). */
  readonly dagsArePausedAtCreation: boolean;
  /** Called after a DAG's record has changed. */
  readonly onDagChanged: (dagId: string) => Promise<void>;
  /** Called after a file was processed with another result than before. */
  readonly onFileProcessed?: (record: DagFileRecord) => void;
  /** Called after a file that is gone, or makes no DAG any more, was forgotten. */
  readonly onFileForgotten?: (record: DagFileRecord) => void;
}

export interface DagProcessor {
  /** Processes one file, or retires its DAGs if it is gone. Repeating is safe and writes nothing when nothing changed. */
  processFile(file: string): Promise<void>;
  /** Processes these files and the DAG files that import one of them, also those that failed for want of it. */
  processChanged(files: readonly string[]): Promise<void>;
}

type Platformed = Pick<
  Platform,
  "metadata" | "source" | "bundles" | "loader" | "stateMachines" | "schedules" | "clock"
>;

interface Parsed {
  readonly bundleHash?: string;
  readonly imports: readonly string[];
  readonly dags: readonly DagDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Files at the same time. */
const CONCURRENCY = 8;

export function createDagProcessor(
  platform: Platformed,
  options: DagProcessorOptions,
): DagProcessor {
  const { metadata, source, bundles, loader, schedules } = platform;
  /** The latest processing of each file: one file is processed once at a time. */
  const latest = new Map<string, Promise<unknown>>();
  const now = () => new Date(platform.clock.now()).toISOString();

  async function processFile(file: string): Promise<void> {
    const before = latest.get(file) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(() => processNow(file));
    latest.set(file, mine);
    try {
      for (const waiting of await mine) await processFile(waiting);
    } finally {
      if (latest.get(file) === mine) latest.delete(file);
    }
  }

  /** Answers files to process again: their wait for a DAG id is over. */
  async function processNow(file: string): Promise<readonly string[]> {
    const known = await metadata.files.get(file);
    const text = await source.read(file);
    if (text === undefined || !isDagFile(file, text)) {
      return forgetFile(file, { known, isGone: text === undefined });
    }
    const parsed = await parse(file);
    const accepted = await acceptAll(file, parsed);
    const diagnostics = [...parsed.diagnostics, ...accepted.diagnostics];
    const hasErrors = diagnostics.some(isError);
    const before = new Set(known?.dagIds);
    if (hasErrors) await addLiveIds(file, before);
    for (let latest = known; ; ) {
      const kept = [...before].filter(
        (dagId) => !accepted.dagIds.includes(dagId) && isInDoubt(dagId, diagnostics),
      );
      const dagIds = [...accepted.dagIds, ...kept].sort();
      if (dagIds.length === 0 && diagnostics.length === 0) {
        if (!makesDag(text)) return forgetFile(file, { known, isGone: false });
        diagnostics.push(noDag(file));
      }
      const { bundleHash, imports } = parsed;
      const record = { file, ...(bundleHash ? { bundleHash } : {}), imports, dagIds, diagnostics };
      if (!latest || !isSame(record, latest)) {
        latest = { ...record, processedAt: now() };
        await metadata.files.put(latest);
        options.onFileProcessed?.(latest);
      }
      const size = before.size;
      if (hasErrors) await addLiveIds(file, before);
      if (before.size > size) continue;
      const gone = [...before].filter((dagId) => !dagIds.includes(dagId));
      const waiting = await retireAll(file, gone);
      // Who gave an id up before this record was there could not see that the file waits for it.
      return (await isFree(diagnostics)) ? [...waiting, file] : waiting;
    }
  }

  /** Whether a DAG id that another file has had is free by now. */
  async function isFree(diagnostics: readonly Diagnostic[]): Promise<boolean> {
    for (const { code, dagId = "" } of diagnostics) {
      if (code !== "dag-id-in-two-files") continue;
      if ((await ownerOf(await metadata.dags.get(dagId))) === undefined) return true;
    }
    return false;
  }

  /**
   * Adds the DAGs that are live from the file. The file may be processed elsewhere at the same time: a DAG that was made
   * live there may not be in the file's record yet, so who writes that record looks before and after.
   */
  async function addLiveIds(file: string, dagIds: Set<string>): Promise<void> {
    for (let after: string | undefined, more = true; more; more = after !== undefined) {
      const page = await metadata.dags.list({ limit: 1_000, ...(after ? { after } : {}) });
      for (const dag of page.items) if (dag.file === file && !dag.isStale) dagIds.add(dag.dagId);
      after = page.next;
    }
  }

  async function parse(file: string): Promise<Parsed> {
    const bundled = await bundleDagFile(source, file);
    const { imports } = bundled;
    if (!bundled.ok) return { imports, dags: [], diagnostics: bundled.diagnostics };
    await bundles.put(bundled.hash, bundled.code);
    const loaded = await loader.load({ hash: bundled.hash, file });
    const diagnostics = [...loaded.diagnostics, ...bundled.warnings];
    return { bundleHash: bundled.hash, imports, dags: loaded.dags, diagnostics };
  }

  /** Publishes and records each DAG; `dagIds` are those that are live now. */
  async function acceptAll(file: string, { dags, bundleHash = "" }: Parsed) {
    const dagIds: string[] = [];
    const diagnostics: Diagnostic[] = [];
    for (const document of dags) {
      const found = await accept(document, { file, bundleHash });
      diagnostics.push(...found);
      if (!found.some(isError)) dagIds.push(document.dagId);
    }
    return { dagIds, diagnostics };
  }

  async function accept(
    document: DagDocument,
    { file, bundleHash }: { readonly file: string; readonly bundleHash: string },
  ): Promise<readonly Diagnostic[]> {
    const { dagId } = document;
    const known = await metadata.dags.get(dagId);
    const owner = await ownerOf(known);
    if (owner !== undefined && owner !== file) return [inTwoFiles(dagId, { owner, file })];
    const { version, diagnostics } = await publishVersion(
      { ...platform, options },
      {
        document,
        file,
        bundleHash,
        ...(known && !known.isStale ? { liveHash: known.versionHash } : {}),
      },
    );
    if (!version) return diagnostics;
    const keepsPlan = await followsSameSchedule(known, version);
    const changed = await writeDag(dagId, (dag) => {
      if (dag && !dag.isStale && dag.file === file && dag.versionHash === version.hash)
        return undefined;
      return {
        dagId,
        file,
        isPaused: dag?.isPaused ?? document.isPausedUponCreation ?? options.dagsArePausedAtCreation,
        isStale: false,
        versionHash: version.hash,
        versionNumber: version.number,
        lastParsedAt: now(),
        ...(dag ? { superseded: supersede(dag, version.hash) } : {}),
        ...(keepsPlan && dag?.plannedAt !== undefined ? { plannedAt: dag.plannedAt } : {}),
      };
    });
    if (changed) await options.onDagChanged(dagId);
    return diagnostics;
  }

  /** Whether what the DAG's schedule has promised still holds with the version. */
  async function followsSameSchedule(
    dag: DagRecord | undefined,
    { hash, document }: Pick<DagVersionRecord, "hash" | "document">,
  ): Promise<boolean> {
    if (dag?.plannedAt === undefined || dag.isStale) return false;
    if (dag.versionHash === hash) return true;
    const before = await metadata.versions.get(dag.dagId, dag.versionHash);
    return before !== undefined && isSameSchedule(before.document, document);
  }

  /** The file that a DAG is live from; undefined when that file has it no more. */
  async function ownerOf(dag: DagRecord | undefined): Promise<string | undefined> {
    if (!dag || dag.isStale) return undefined;
    const record = await metadata.files.get(dag.file);
    if (!record?.dagIds.includes(dag.dagId)) return undefined;
    return (await source.read(dag.file)) === undefined ? undefined : dag.file;
  }

  /** Writes what `change` makes of the record, again if somebody else wrote in between; false if nothing was to change. */
  async function writeDag(
    dagId: string,
    change: (dag: DagRecord | undefined) => Omit<DagRecord, "revision"> | undefined,
  ): Promise<boolean> {
    for (;;) {
      const dag = await metadata.dags.get(dagId);
      const changed = change(dag);
      if (!changed) return false;
      if (await metadata.dags.put({ ...changed, revision: (dag?.revision ?? 0) + 1 })) return true;
    }
  }

  async function forgetFile(
    file: string,
    { known, isGone }: { readonly known: DagFileRecord | undefined; readonly isGone: boolean },
  ): Promise<readonly string[]> {
    // Most files that are there and have no DAG never had one.
    if (!known && !isGone) return [];
    const dagIds = new Set(known?.dagIds);
    await addLiveIds(file, dagIds);
    if (known) {
      await metadata.files.delete(file);
      options.onFileForgotten?.(known);
    }
    return retireAll(file, [...dagIds]);
  }

  /** Retires DAGs that the file has no more; answers the files that wait for their ids. */
  async function retireAll(file: string, dagIds: readonly string[]): Promise<readonly string[]> {
    if (dagIds.length === 0) return [];
    for (const dagId of dagIds) {
      const retired = await writeDag(dagId, (dag) =>
        dag && !dag.isStale && dag.file === file ? { ...dag, isStale: true } : undefined,
      );
      if (!retired) continue;
      await schedules.remove(dagId);
      await options.onDagChanged(dagId);
    }
    const records = await metadata.files.list();
    return records
      .filter((record) => record.file !== file && waitsFor(record, dagIds))
      .map((record) => record.file);
  }

  async function processChanged(files: readonly string[]): Promise<void> {
    const changed = new Set(files);
    const records = await metadata.files.list();
    const importers = records.filter(({ imports }) => imports.some((path) => changed.has(path)));
    for (const { file } of importers) changed.add(file);
    const queue = changed.values();
    const workers = Array.from({ length: CONCURRENCY }, async () => {
      for (const file of queue) await processFile(file);
    });
    await Promise.all(workers);
  }

  return { processFile, processChanged };
}

/** Whether the DAG may only be missing because of a mistake: then its last good version stays. */
function isInDoubt(dagId: string, diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(
    (each) =>
      isError(each) &&
      each.code !== "dag-id-in-two-files" &&
      (each.dagId === undefined || each.dagId === dagId),
  );
}

function waitsFor({ diagnostics }: DagFileRecord, dagIds: readonly string[]): boolean {
  return diagnostics.some(
    ({ code, dagId = "" }) => code === "dag-id-in-two-files" && dagIds.includes(dagId),
  );
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

function isSame(
  record: Omit<DagFileRecord, "processedAt">,
  { processedAt: _, ...known }: DagFileRecord,
): boolean {
  const toText = ({ file, bundleHash = "", imports, dagIds, diagnostics }: typeof record) =>
    JSON.stringify([file, bundleHash, imports, dagIds, diagnostics]);
  return toText(record) === toText(known);
}

function inTwoFiles(
  dagId: string,
  { owner, file }: { readonly owner: string; readonly file: string },
): Diagnostic {
  return {
    code: "dag-id-in-two-files",
    severity: "error",
    dagId,
    file,
    message: `DAG "${dagId}" is in ${owner} and in ${file}; the one in ${owner} stays live`,
    hint: "give one of the two another id",
  };
}

function noDag(file: string): Diagnostic {
  return {
    code: "no-dag",
    severity: "warning",
    file,
    message: `${file} makes a DAG but exports none, so nothing of it is deployed`,
    hint: 'write "export const dag = new Dag(…)"',
  };
}
