// The ports of the product on one machine: SQLite and files under the home folder, DAG files in a
// folder, the interpreter and worker threads in this process.
import { join } from "node:path";
import type { Notifications } from "../ports/notifications.ts";
import type { Clock, Platform, Reporter } from "../ports/platform.ts";
import { createNotifier } from "../services/notifications/notifier.ts";
import { randomId } from "../services/random-id.ts";
import type { Services } from "../services/services.ts";
import { createEnvironmentSecrets } from "../services/stored/environment-secrets.ts";
import { systemClock } from "../services/system-clock.ts";
import type { TaskProcesses } from "../workers/pool/task-processes.ts";
import { createDirectNotifications } from "./direct-notifications.ts";
import { createFileBundles } from "./file-bundles.ts";
import { createFileEncryptionKeys } from "./file-encryption-keys.ts";
import { createFileTaskLogs } from "./file-task-logs.ts";
import { createFileXComs } from "./file-xcoms.ts";
import { createFolderDagSource } from "./folder-dag-source.ts";
import { createLocalStateMachines } from "./interpreter-state-machines.ts";
import type { SqliteMetadata } from "./sqlite/metadata.ts";
import { openImportJournal } from "./threads/import-journal.ts";
import { createThreadDagLoader } from "./threads/thread-dag-loader.ts";
import { createThreadTaskRunner } from "./threads/thread-task-runner.ts";
import { createTimerSchedules } from "./timer-schedules.ts";
import { createTimerTriggers } from "./timer-triggers.ts";

export interface AdapterOptions {
  readonly home: string;
  /** Where logs, results of tasks and encryption keys are, if not in `home`. */
  readonly historyHome?: string;
  readonly dagsFolder: string;
  readonly parallelism?: number;
  readonly threadPerTask?: boolean;
  readonly importTimeout?: number;
  /** Whether no notifications of failures are sent. */
  readonly isSilent: boolean;
  readonly report: Reporter;
}

/**
 * The services that adapters call. They are made from the platform, so they are connected after it.
 */
export interface Callees {
  connect(services: Services): void;
  /** Throws before they are connected. */
  services(): Services;
}

export function createCallees(): Callees {
  let connected: Services | undefined;
  return {
    connect(services) {
      connected = services;
    },
    services() {
      if (connected === undefined) throw new Error("The services are not connected yet");
      return connected;
    },
  };
}

export type LocalAdapters = ReturnType<typeof createLocalAdapters>;

export function createLocalAdapters(
  options: AdapterOptions,
  parts: {
    readonly metadata: SqliteMetadata;
    readonly callees: Callees;
    readonly processes: TaskProcesses;
    readonly clock: Clock;
  },
) {
  const { home, historyHome = home, report } = options;
  const { metadata, callees, processes, clock } = parts;
  const logsFolder = join(historyHome, "logs");
  const bundles = createFileBundles(join(home, "bundles"));
  const secrets = createEnvironmentSecrets(process.env);
  const encryptionKeys = createFileEncryptionKeys({
    file: join(historyHome, "encryption-keys"),
    report,
  });
  const notifications = options.isSilent
    ? SILENCE
    : createNotifications({ metadata, secrets, encryptionKeys, report });
  const runner = createThreadTaskRunner({
    bundles,
    logsFolder,
    processes,
    dagsFolder: options.dagsFolder,
    report,
    threadPerTask: options.threadPerTask ?? false,
    ...(options.parallelism === undefined ? {} : { parallelism: options.parallelism }),
  });
  const loader = createThreadDagLoader({
    bundles,
    processes,
    dagsFolder: options.dagsFolder,
    // A product that keeps nothing has no next start.
    ...(options.isSilent ? {} : { journal: openImportJournal(join(home, "importing"), report) }),
    ...(options.importTimeout === undefined ? {} : { importTimeout: options.importTimeout }),
  });
  const engine = createEngine(parts, report);
  const platform: Platform = {
    metadata,
    changes: metadata,
    xcoms: createFileXComs(join(historyHome, "xcoms")),
    logs: createFileTaskLogs(logsFolder),
    secrets,
    encryptionKeys,
    source: createFolderDagSource(options.dagsFolder),
    bundles,
    loader,
    runner,
    ...engine,
    notifications,
    clock,
    report,
    randomId,
  };
  return {
    platform,
    runner,
    schedules: engine.schedules,

    /** Stops what runs, leaves callbacks and notifications a moment, and ends the threads. */
    async close(): Promise<void> {
      engine.schedules.stop();
      await Promise.all([engine.stateMachines.shutDown(), engine.triggers.stop()]);
      await withGrace([callees.services().callbacks.settled(), notifications.close()]);
      await Promise.all([runner.close(), loader.close()]);
      await processes.close();
    },
  };
}

/** What calls the services when something is due. */
function createEngine(
  {
    metadata,
    callees,
    clock,
  }: { readonly metadata: SqliteMetadata; readonly callees: Callees; readonly clock: Clock },
  report: Reporter,
) {
  const schedules = createTimerSchedules({
    clock,
    report,
    onDue: (dagId) => callees.services().scheduler.schedule(dagId),
  });
  const triggers = createTimerTriggers({
    clock,
    report,
    onDue: (trigger, signal) => callees.services().triggerer.handle(trigger, signal),
  });
  const stateMachines = createLocalStateMachines({
    metadata,
    clock,
    report,
    functions: () => {
      const { worker, recorder } = callees.services();
      return {
        worker: worker.execute,
        recorder: recorder.handle,
        defer: triggers.defer,
        failed: recorder.executionEnded,
      };
    },
    onStop: triggers.forget,
  });
  return { schedules, triggers, stateMachines };
}

function createNotifications({
  metadata,
  secrets,
  encryptionKeys,
  report,
}: Pick<Platform, "metadata" | "secrets" | "encryptionKeys" | "report">) {
  const slackWebhook = process.env.STEPWIND_SLACK_WEBHOOK;
  const notifier = createNotifier(
    { metadata, secrets, encryptionKeys, clock: systemClock },
    slackWebhook ? { slackWebhook } : {},
  );
  return createDirectNotifications(notifier, { clock: systemClock, report });
}

/** How long callbacks and notifications that are going on may hold up the end of the process. */
const GRACE_MS = 10_000;

async function withGrace(endings: readonly Promise<unknown>[]): Promise<void> {
  const grace = new AbortController();
  await Promise.race([Promise.all(endings), systemClock.sleep(GRACE_MS, grace.signal)]);
  grace.abort();
}

/** A run for a test sends no notifications. */
const SILENCE: Notifications & { close(): Promise<void> } = {
  async publish() {},
  async close() {},
};
