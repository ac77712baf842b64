// A DAG file bundled and run on a real task runner, without the rest of the product.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createFileBundles } from "../../../src/local/file-bundles.ts";
import { createFileTaskLogs } from "../../../src/local/file-task-logs.ts";
import { createFolderDagSource } from "../../../src/local/folder-dag-source.ts";
import {
  createThreadTaskRunner,
  type ThreadTaskRunner,
  type ThreadTaskRunnerOptions,
} from "../../../src/local/threads/thread-task-runner.ts";
import type { LogEntry } from "../../../src/model/records.ts";
import type { TaskCall, TaskOutcome } from "../../../src/model/task-call.ts";
import type { TaskServices } from "../../../src/model/task-services.ts";
import type { DiedTry, RunOptions } from "../../../src/ports/task-runner.ts";
import { bundleDagFile } from "../../../src/services/dag-processing/bundle.ts";
import { createTaskProcesses } from "../../../src/workers/pool/task-processes.ts";
import { temporaryFolder } from "../temporary-folder.ts";

export interface BenchRun extends Partial<RunOptions> {
  readonly runId?: string;
  readonly priority?: number;
  /** Called when the try has its slot. */
  readonly onSlot?: () => void;
}

export interface TaskBench {
  readonly runner: ThreadTaskRunner;
  /** Bundles a file of this text and answers the hash. */
  deploy(text: string): Promise<string>;
  /**
   * Reserves a slot and runs a task of the DAG "d" of the bundle deployed last in it; undefined
   * when there was none. A run id of its own keeps logs apart.
   */
  run(taskId: string, options?: BenchRun): Promise<TaskOutcome | DiedTry | undefined>;
  entries(taskId: string, runId?: string): Promise<readonly LogEntry[]>;
  /** Texts of the log lines. */
  lines(taskId: string, runId?: string): Promise<readonly string[]>;
}

export function callOf(taskId: string, runId = "run"): TaskCall {
  return {
    dagId: "d",
    taskId,
    runId,
    tryNumber: 1,
    maxTries: 0,
    mapIndex: -1,
    run: {
      runType: "manual",
      logicalDate: null,
      dataIntervalStart: null,
      dataIntervalEnd: null,
      runAfter: "2026-01-01T00:00:00.000Z",
      startDate: null,
      conf: {},
    },
    params: {},
    reads: {},
  };
}

/** Services that know one variable and refuse the rest. */
export const oneVariable: TaskServices = {
  getVariable: async (key) => (key === "region" ? "eu" : undefined),
  setVariable: async () => Promise.reject(new Error("variables are read-only here")),
  getConnection: async () => undefined,
  getXCom: async () => undefined,
  setXCom: async () => {},
  getTaskState: async () => undefined,
  getAssetEvents: async () => "[]",
  putTaskState: async () => {},
  getAssetState: async () => undefined,
  putAssetState: async () => {},
  clearAssetState: async () => {},
};

/**
 * To be called within a test. `body` stands below `const dag = new Dag("d")` in a file that imports
 * what it needs.
 */
export async function createTaskBench(
  body: string,
  options: Partial<ThreadTaskRunnerOptions> = {},
): Promise<TaskBench> {
  const folder = temporaryFolder();
  const source = createFolderDagSource(folder);
  const bundles = createFileBundles(join(folder, ".bundles"));
  const logsFolder = join(folder, ".logs");
  const processes = createTaskProcesses();
  const runner = createThreadTaskRunner({
    bundles,
    logsFolder,
    dagsFolder: folder,
    processes,
    ...options,
  });
  onTestFinished(async () => {
    await runner.close();
    await processes.close();
  });
  const logs = createFileTaskLogs(logsFolder);
  let bundleHash = "";

  async function deploy(text: string): Promise<string> {
    await writeFile(join(folder, "dag.ts"), text);
    const bundled = await bundleDagFile(source, "dag.ts");
    if (!bundled.ok) throw new Error(JSON.stringify(bundled.diagnostics));
    await bundles.put(bundled.hash, bundled.code);
    bundleHash = bundled.hash;
    return bundleHash;
  }

  async function entries(taskId: string, runId = "run"): Promise<readonly LogEntry[]> {
    const { dagId, mapIndex, tryNumber } = callOf(taskId);
    return (await logs.read({ dagId, runId, taskId, mapIndex, tryNumber })).entries;
  }

  await deploy(`${HEAD}\n${body}`);
  return {
    runner,
    deploy,
    async run(taskId, { runId = "run", priority = 0, onSlot, ...rest } = {}) {
      const how = { signal: new AbortController().signal, services: oneVariable, ...rest };
      const slot = await runner.reserve({
        instance: callOf(taskId, runId),
        bundleHash: rest.bundleHash ?? bundleHash,
        signal: how.signal,
        priority: () => priority,
      });
      onSlot?.();
      try {
        return await slot?.run(callOf(taskId, runId), { bundleHash, ...how });
      } finally {
        slot?.release();
      }
    },
    entries,
    lines: async (taskId, runId) => (await entries(taskId, runId)).map(({ event }) => event),
  };
}

/** Two lines, so that the body begins at line 3. */
const HEAD = `import { Dag, FailTask, SkipTask, getClient, getContext } from "stepwind"; import { bash } from "stepwind/operators";
export const dag = new Dag("d"); const task = (id: string, run: () => unknown) => dag.task(id, async () => (await run()) as null)();`;
