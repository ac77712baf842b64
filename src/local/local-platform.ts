// The product over one machine: SQLite and files under the home folder, DAG files in a folder, the interpreter and
// worker threads in this process.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ADOPTION_INTERVAL_SECONDS } from "../model/scheduling/orphans.ts";
import type { Notifications } from "../ports/notifications.ts";
import type { Clock, Platform, Reporter } from "../ports/platform.ts";
import { createDagProcessor, type DagProcessor } from "../services/dag-processing/dag-processor.ts";
import { createNotifier } from "../services/notifications/notifier.ts";
import { randomId } from "../services/random-id.ts";
import { createServices, type Services } from "../services/services.ts";
import { systemClock } from "../services/system-clock.ts";
import { createDirectNotifications } from "./direct-notifications.ts";
import { createEnvironmentSecrets } from "./environment-secrets.ts";
import { createFileBundles } from "./file-bundles.ts";
import { createFileTaskLogs } from "./file-task-logs.ts";
import { createFileXComs } from "./file-xcoms.ts";
import { createFolderDagSource } from "./folder-dag-source.ts";
import { createLocalStateMachines, LOCAL_FUNCTIONS } from "./interpreter-state-machines.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { createSqliteMetadata } from "./sqlite/metadata.ts";
import { createThreadDagLoader } from "./threads/thread-dag-loader.ts";
import { createThreadTaskRunner } from "./threads/thread-task-runner.ts";
import { createTimerSchedules } from "./timer-schedules.ts";
import { createTimerTriggers } from "./timer-triggers.ts";

/** How long callbacks and notifications that are going on may hold up the end of the process. */
const CALLBACKS_GRACE_MS = 10_000;

export interface LocalOptions {
  /** Folder of everything that the product keeps (`.stepwind`); made when it isn't there. */
  readonly home: string;
  readonly dagsFolder: string;
  /** Tasks that run at the same time; 32 when absent, 1 is Airflow's sequential executor. */
  readonly parallelism?: number;
  /** Seconds that the import of a DAG file may take; 30 when absent (Airflow: dagbag_import_timeout). */
  readonly importTimeout?: number;
  /** Metadata in memory: for one run of a test. Logs and XComs still stand under `home`. */
  readonly inMemory?: boolean;
  /** Airflow's way for new DAGs that don't say themselves; false when absent. */
  readonly dagsArePausedAtCreation?: boolean;
  readonly report?: Reporter;
}

export interface LocalProduct {
  readonly platform: Platform;
  readonly services: Services;
  readonly processor: DagProcessor;
  readonly lock: Lock;
  /** Starts a worker thread ahead of the first task. */
  warmUp(): void;
  /** Plans every DAG once; from then on timers do. */
  startScheduling(): Promise<void>;
  /** Takes up the runs that were going on when the last process ended. */
  resumeRuns(): Promise<void>;
  /** Stops what runs; it goes on where it was at the next start. */
  close(): Promise<void>;
}

/** Opens the product for this process alone; throws LockHeld when another process has it open. */
export async function openLocalProduct(options: LocalOptions): Promise<LocalProduct> {
  const { home, dagsFolder, report = silent } = options;
  const closing = new AbortController();
  /** When the product closes, nobody waits any more for what would only fail again. */
  const clock: Clock = {
    now: systemClock.now,
    sleep: (ms, signal = closing.signal) => systemClock.sleep(ms, signal),
  };
  await mkdir(home, { recursive: true });
  const lock = acquireLock(home);
  const metadata = openMetadata(options, lock);
  const logsFolder = join(home, "logs");
  const bundles = createFileBundles(join(home, "bundles"));
  const runner = createThreadTaskRunner({
    bundles,
    logsFolder,
    report,
    ...(options.parallelism === undefined ? {} : { parallelism: options.parallelism }),
  });
  const loader = createThreadDagLoader({
    bundles,
    ...(options.importTimeout === undefined ? {} : { importTimeout: options.importTimeout }),
  });
  const schedules = createTimerSchedules({
    clock,
    report,
    onDue: (dagId) => services.scheduler.schedule(dagId),
  });
  const triggers = createTimerTriggers({
    clock,
    report,
    onDue: (trigger, signal) => services.triggerer.handle(trigger, signal),
  });
  const stateMachines = createLocalStateMachines({
    metadata,
    clock,
    report,
    functions: () => ({
      worker: services.worker.execute,
      recorder: services.recorder.handle,
      failed: services.recorder.executionEnded,
    }),
    onStop: triggers.forget,
  });
  const secrets = createEnvironmentSecrets(process.env);
  const slackWebhook = process.env.STEPWIND_SLACK_WEBHOOK;
  const notifications = createDirectNotifications(
    createNotifier({ metadata, secrets, clock: systemClock }, slackWebhook ? { slackWebhook } : {}),
    { clock: systemClock, report },
  );
  const platform: Platform = {
    metadata,
    xcoms: createFileXComs(join(home, "xcoms")),
    logs: createFileTaskLogs(logsFolder),
    secrets,
    source: createFolderDagSource(dagsFolder),
    bundles,
    loader,
    runner,
    stateMachines,
    schedules,
    triggers,
    notifications: options.inMemory ? NO_NOTIFICATIONS : notifications,
    clock,
    report,
    randomId,
  };
  const services = createServices(platform);
  let scheduling = false;
  let adoption: NodeJS.Timeout | undefined;
  const processor = createDagProcessor(platform, {
    functions: LOCAL_FUNCTIONS,
    dagsArePausedAtCreation: options.dagsArePausedAtCreation ?? false,
    onDagChanged: async (dagId) => {
      if (scheduling) await schedules.call(dagId);
    },
    onFileProcessed: (record) => report.info(`Processed ${record.file}`, { record }),
    onFileForgotten: (record) =>
      report.info(`${record.file} has no DAG any more`, { record, isForgotten: true }),
  });
  return {
    platform,
    services,
    processor,
    lock,
    warmUp: () => runner.warmUp(),
    async startScheduling() {
      scheduling = true;
      for (let after: string | undefined, more = true; more; ) {
        const page = await metadata.dags.list({
          limit: 1_000,
          ...(after === undefined ? {} : { after }),
        });
        await Promise.all(page.items.map(({ dagId }) => schedules.call(dagId)));
        after = page.next;
        more = after !== undefined;
      }
      adoption = setInterval(() => {
        services.orphans.adopt().catch((problem: unknown) => report.error(String(problem)));
      }, ADOPTION_INTERVAL_SECONDS * 1_000).unref();
    },
    resumeRuns: services.orphans.adoptAll,
    async close() {
      clearInterval(adoption);
      schedules.stop();
      closing.abort();
      await Promise.all([stateMachines.shutDown(), triggers.stop()]);
      const grace = new AbortController();
      await Promise.race([
        Promise.all([services.callbacks.settled(), notifications.close()]),
        systemClock.sleep(CALLBACKS_GRACE_MS, grace.signal),
      ]);
      grace.abort();
      await runner.close();
      await loader.close();
      await metadata.close();
      lock.release();
    },
  };
}

function openMetadata({ home, inMemory, report }: LocalOptions, lock: Lock) {
  try {
    return createSqliteMetadata({
      file: inMemory ? ":memory:" : join(home, "metadata.db"),
      ...(report ? { report } : {}),
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A run for a test tells nobody. */
const NO_NOTIFICATIONS: Notifications = { async publish() {} };

const silent: Reporter = { info() {}, warn() {}, error() {} };
