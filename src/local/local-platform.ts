// The product over one machine: its adapters, its services over them, and what starts and ends
// both.
import { join } from "node:path";
import type { Retention } from "../model/scheduling/history-retention.ts";
import { ADOPTION_INTERVAL_SECONDS } from "../model/scheduling/orphans.ts";
import { itemsOf } from "../ports/pages.ts";
import type { Clock, Platform, Reporter } from "../ports/platform.ts";
import { createDagProcessor, type DagProcessor } from "../services/dag-processing/dag-processor.ts";
import { createServices, type Services } from "../services/services.ts";
import { systemClock } from "../services/system-clock.ts";
import { createTaskProcesses, openTaskProcesses } from "../workers/pool/task-processes.ts";
import { LOCAL_FUNCTIONS } from "./interpreter-state-machines.ts";
import { createCallees, createLocalAdapters, type LocalAdapters } from "./local-adapters.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { guardFile } from "./sqlite/file-guard.ts";
import { createSqliteMetadata, type SqliteMetadata } from "./sqlite/metadata.ts";
import { checkWritableFolder, StorageRefused } from "./storage-refused.ts";

export interface LocalOptions {
  /** Folder of everything that the product keeps (`.stepwind`); made when it isn't there. */
  readonly home: string;
  /** Where logs, results of tasks and encryption keys are read, if not in `home`. */
  readonly historyHome?: string;
  readonly dagsFolder: string;
  /** Tasks that run at the same time; 32 when absent, 1 is Airflow's sequential executor. */
  readonly parallelism?: number;
  /** A fresh worker thread for each try; false when absent. */
  readonly threadPerTask?: boolean;
  /**
   * Seconds that the import of a DAG file may take; 30 when absent (Airflow:
   * dagbag_import_timeout).
   */
  readonly importTimeout?: number;
  /** Metadata in memory: for one run of a test. Logs and XComs are still written under `home`. */
  readonly inMemory?: boolean;
  /** Airflow's way for new DAGs that don't say themselves; false when absent. */
  readonly dagsArePausedAtCreation?: boolean;
  /** After how many days history is removed; absent: never. */
  readonly retention?: Retention;
  readonly report?: Reporter;
}

export interface LocalProduct {
  readonly platform: Platform;
  readonly services: Services;
  readonly processor: DagProcessor;
  readonly lock: Lock;
  /**
   * Resolves when the metadata turn out to be damaged or gone. Then nothing that the product
   * answers or stores can be relied on: the process should say so and end.
   */
  readonly damage: Promise<StorageRefused>;
  /** Starts a worker thread ahead of the first task. */
  warmUp(): void;
  /** Plans every DAG once; from then on timers do. */
  startScheduling(): Promise<void>;
  /** Takes up the runs that were going on when the last process ended. */
  resumeRuns(): Promise<void>;
  /** Stops what runs; it goes on where it was at the next start. */
  close(): Promise<void>;
}

/**
 * Opens the product for this process alone. Throws LockHeld when another process has it open, and
 * StorageRefused when the home folder can't be used.
 */
export async function openLocalProduct(options: LocalOptions): Promise<LocalProduct> {
  const { report = silent } = options;
  const lock = acquireLock(options.home);
  const { metadata, damage, unguard } = openMetadata(options, lock);
  const processes = options.inMemory
    ? createTaskProcesses()
    : await openTaskProcesses(options.home);
  const closing = new AbortController();
  const callees = createCallees();
  const adapters = createLocalAdapters(
    { ...options, isSilent: options.inMemory ?? false, report },
    { metadata, callees, processes, clock: clockUntil(closing.signal) },
  );
  const { platform } = adapters;
  const services = createServices(platform);
  callees.connect(services);
  const planning = createPlanning(adapters, services, options.retention);
  const processor = createDagProcessor(platform, {
    functions: LOCAL_FUNCTIONS,
    dagsArePausedAtCreation: options.dagsArePausedAtCreation ?? false,
    completeDeletion: services.completeDeletion,
    onDagChanged: planning.onDagChanged,
    onFileProcessed: (record) =>
      report.info(`Processed ${record.file}`, { kind: "file-processed", record }),
    onFileForgotten: (record) =>
      report.info(`${record.file} has no DAG any more`, { kind: "file-forgotten", record }),
  });
  return {
    platform,
    services,
    processor,
    lock,
    damage,
    warmUp: adapters.runner.warmUp,
    startScheduling: planning.start,
    resumeRuns: services.orphans.adoptAll,
    async close() {
      unguard();
      planning.stop();
      closing.abort();
      await adapters.close();
      await metadata.close();
      lock.release();
    },
  };
}

/** When the product closes, nothing waits any more for what would only fail again. */
function clockUntil(closed: AbortSignal): Clock {
  return {
    now: systemClock.now,
    sleep: (ms, signal = closed) => systemClock.sleep(ms, signal),
  };
}

interface OpenedMetadata {
  readonly metadata: SqliteMetadata;
  readonly damage: Promise<StorageRefused>;
  unguard(): void;
}

/** Releases the lock when the metadata can't be opened. */
function openMetadata({ home, inMemory, report }: LocalOptions, lock: Lock): OpenedMetadata {
  const { promise: damage, resolve: onDamage } = Promise.withResolvers<StorageRefused>();
  try {
    const file = inMemory ? ":memory:" : join(home, "metadata.db");
    for (const name of ["logs", "xcoms", "bundles"]) checkWritableFolder(join(home, name));
    const metadata = createSqliteMetadata({ file, onDamage, ...(report ? { report } : {}) });
    if (inMemory) return { metadata, damage, unguard() {} };
    const unguard = guardFile(file, () =>
      onDamage(
        new StorageRefused(
          "damaged",
          `${file} was deleted or replaced while Stepwind was running. Start Stepwind again; ` +
            "stop it before you touch its files",
        ),
      ),
    );
    return { metadata, damage, unguard };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Plans all DAGs once when started, and from then on each one that changes. */
function createPlanning(
  { platform, schedules }: LocalAdapters,
  { upkeep }: Services,
  retention: Retention | undefined,
) {
  const { metadata, report, clock } = platform;
  let hasStarted = false;
  let adoption: NodeJS.Timeout | undefined;

  return {
    async onDagChanged(dagId: string): Promise<void> {
      if (hasStarted) await schedules.call(dagId);
    },

    async start(): Promise<void> {
      hasStarted = true;
      const calls: Promise<void>[] = [];
      for await (const { dagId } of itemsOf(metadata.dags.list)) {
        calls.push(schedules.call(dagId));
      }
      await Promise.all(calls);
      adoption = setInterval(() => {
        const until = clock.now() + (ADOPTION_INTERVAL_SECONDS * 1_000) / 2;
        upkeep
          .run({ until, functions: LOCAL_FUNCTIONS, ...(retention ? { retention } : {}) })
          .catch((problem: unknown) => report.error(String(problem)));
      }, ADOPTION_INTERVAL_SECONDS * 1_000).unref();
    },

    stop(): void {
      clearInterval(adoption);
      schedules.stop();
    },
  };
}

const silent: Reporter = { info() {}, warn() {}, error() {} };
