// Runs single tasks of a DAG as a worker would, with a log and services in memory.
import type { TaskCall, TaskOutcome } from "../../src/model/task-call.ts";
import type { Connection, TaskServices } from "../../src/model/task-services.ts";
import { createReadAssetEvents } from "../../src/runtime/asset-events.ts";
import { createClient } from "../../src/runtime/client/create-client.ts";
import { type ExecuteOptions, executeTask } from "../../src/runtime/execute.ts";
import { Dag } from "../../src/sdk/dag.ts";
import type { TaskLog } from "../../src/sdk/log.ts";

export interface MemoryLog extends TaskLog {
  /** "level: message" in the order logged. */
  readonly lines: string[];
}

export function createMemoryLog(): MemoryLog {
  const lines: string[] = [];
  const at = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  return {
    lines,
    debug: at("debug"),
    info: at("info"),
    warning: at("warning"),
    error: at("error"),
    critical: at("critical"),
  };
}

export interface MemoryServices extends TaskServices {
  readonly variables: Map<string, string>;
  readonly connections: Map<string, Connection>;
  /** By task id, dot, key. */
  readonly xcoms: Map<string, string>;
  readonly states: Map<string, string>;
  /** By `assetTargetText`, then by key; "only" is that of a call without an asset. */
  readonly assetStates: Map<string, Map<string, string>>;
}

/** Services of the task "own". */
export function createMemoryServices(): MemoryServices {
  const variables = new Map<string, string>();
  const connections = new Map<string, Connection>();
  const xcoms = new Map<string, string>();
  const states = new Map<string, string>();
  const assetStates = new Map<string, Map<string, string>>();
  return {
    variables,
    connections,
    xcoms,
    states,
    assetStates,
    getVariable: async (key) => variables.get(key),
    setVariable: async (key, value) => void variables.set(key, value),
    getConnection: async (connId) => connections.get(connId),
    getXCom: async ({ taskId, key }) => xcoms.get(`${taskId}.${key}`),
    setXCom: async (key, value) => void xcoms.set(`own.${key}`, value),
    getTaskState: async (key) => states.get(key),
    getAssetEvents: async () => "[]",
    putTaskState: async (key, value) =>
      void (value === undefined ? states.delete(key) : states.set(key, value)),
    getAssetState: async ({ asset = "only", key }) => assetStates.get(asset)?.get(key),
    async putAssetState({ asset = "only", key, value }) {
      const known = assetStates.get(asset) ?? new Map<string, string>();
      assetStates.set(asset, known);
      if (value === undefined) known.delete(key);
      else known.set(key, value);
    },
    clearAssetState: async ({ asset = "only" }) => void assetStates.delete(asset),
  };
}

/** A call of the first try in a scheduled run of 2026-01-31, 06:00 UTC. */
export function callOf(dagId: string, taskId: string, changes: Partial<TaskCall> = {}): TaskCall {
  const tick = "2026-01-31T06:00:00.000Z";
  return {
    dagId,
    taskId,
    runId: "scheduled__2026-01-31T06:00:00+00:00",
    tryNumber: 1,
    maxTries: 0,
    mapIndex: -1,
    run: {
      runType: "scheduled",
      logicalDate: tick,
      dataIntervalStart: tick,
      dataIntervalEnd: tick,
      runAfter: tick,
      startDate: "2026-01-31T06:00:01.000Z",
      conf: {},
    },
    params: {},
    reads: {},
    ...changes,
  };
}

interface RunChanges extends Partial<TaskCall>, Partial<Pick<ExecuteOptions, "signal">> {
  readonly services?: TaskServices;
  readonly registerProcess?: (pid: number) => () => void;
  readonly log?: MemoryLog;
}

/** The outcome of a task, its parsed result, and what it logged. */
export async function runTask(
  dag: Dag,
  taskId: string,
  changes: RunChanges = {},
): Promise<{ outcome: TaskOutcome; result: unknown; lines: readonly string[] }> {
  const {
    services = createMemoryServices(),
    signal = new AbortController().signal,
    log = createMemoryLog(),
    registerProcess,
    ...call
  } = changes;
  const outcome = await executeTask(callOf(dag.dagId, taskId, call), {
    dag,
    client: createClient(services, taskId),
    readAssetEvents: createReadAssetEvents(services),
    log,
    signal,
    ...(registerProcess ? { registerProcess } : {}),
  });
  const text = outcome.kind === "success" ? outcome.result : undefined;
  return { outcome, result: text === undefined ? undefined : JSON.parse(text), lines: log.lines };
}

/** Runs a handler as the task "own" of the DAG "d". */
export function runHandler(handler: () => unknown, changes: RunChanges = {}) {
  const dag = new Dag("d");
  dag.task("own", handler)();
  return runTask(dag, "own", changes);
}
