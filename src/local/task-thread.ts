// Entry of the worker threads: imports bundles and runs tries and callbacks of their DAGs, one at a time.
import { setSourceMapsSupport } from "node:module";
import type { CallbackCall, TaskCall, TaskError, TaskOutcome } from "../model/task-call.ts";
import type { TaskServices } from "../model/task-services.ts";
import type { TryKey } from "../ports/task-logs.ts";
import { collectDags } from "../sdk/bundle.ts";
import { createClient } from "../sdk/client.ts";
import type { Dag } from "../sdk/dag.ts";
import { callbackKindOf, type ExecuteOptions, executeTask, runCallbacks } from "../sdk/execute.ts";
import type { TaskLog } from "../sdk/log.ts";
import { toTaskError } from "../sdk/task-error.ts";
import { createFileTaskLogs } from "./file-task-logs.ts";
import { resolveOwnModules } from "./own-modules.ts";
import type { BundleAddress, TaskRequest, TaskThreadData } from "./task-requests.ts";
import { type RunningCall, serveCalls, threadStart } from "./thread-calls.ts";
import { captureOutput } from "./thread-output.ts";
import { createTryLog, type TryLog } from "./try-log.ts";
import { writeUnwrittenText } from "./unwritten-text.ts";

/** Modules can't be unloaded: a thread that has imported so many bundles is replaced. */
const MAX_BUNDLES = 50;

setSourceMapsSupport(true);
resolveOwnModules();

const { logsFolder }: TaskThreadData = toData(threadStart.data);
const logs = createFileTaskLogs(logsFolder);
const unwritten = writeUnwrittenText(threadStart.unwritten);
const output = captureOutput();
const bundles = new Map<string, readonly Dag[]>();
let currentLog: TryLog | undefined;

serveCalls({
  async handle(running) {
    const request = toRequest(running.request);
    const log = createTryLog(keyOf(request.call), { logs, unwritten });
    currentLog = log;
    try {
      return await output.runWith(log, () => answer(request, { running, log }));
    } finally {
      log.end();
      if (bundles.size >= MAX_BUNDLES) running.retire();
    }
  },
  broken(error) {
    const { name, message, stack } = toTaskError(error);
    const event = `An error outside of the task's promise ends it: ${stack ?? `${name}: ${message}`}`;
    currentLog?.add({ level: "error", event, logger: "stepwind" });
  },
});

interface Surroundings {
  readonly running: RunningCall;
  readonly log: TryLog;
}

async function answer(
  request: TaskRequest,
  around: Surroundings,
): Promise<TaskOutcome | undefined> {
  if (request.kind === "callbacks") {
    const { dagId, taskId = "" } = request.call.call;
    const dag = await importDag(request.bundle, dagId).catch(toTaskError);
    if ("message" in dag) logImportError(around.log, dag);
    else await runCallbacks(request.call, optionsFor(dag, taskId, around));
    return undefined;
  }
  const { call } = request;
  const say = (event: string): void => around.log.add({ level: "info", event, logger: "stepwind" });
  say(`Task instance is in running state: try ${call.tryNumber} of ${call.maxTries + 1}`);
  const outcome = await runTask(call, request.bundle, around);
  around.log.endLines();
  say(`Marking task as ${STATE_WORDS[callbackKindOf(call, outcome)]}`);
  return outcome;
}

const STATE_WORDS = {
  success: "SUCCESS",
  skipped: "SKIPPED",
  retry: "UP_FOR_RETRY",
  failure: "FAILED",
};

async function runTask(
  call: TaskCall,
  bundle: BundleAddress,
  around: Surroundings,
): Promise<TaskOutcome> {
  const dag = await importDag(bundle, call.dagId).catch(toTaskError);
  if (!("message" in dag)) return executeTask(call, optionsFor(dag, call.taskId, around));
  logImportError(around.log, dag);
  return { kind: "failed", retry: true, error: dag };
}

function logImportError(log: TryLog, { stack, message }: TaskError): void {
  const event = `The DAG's file could not be imported: ${stack ?? message}`;
  log.add({ level: "error", event, logger: "stepwind" });
}

function optionsFor(dag: Dag, taskId: string, { running, log }: Surroundings): ExecuteOptions {
  return {
    dag,
    client: createClient(toServices(running), taskId),
    log: toTaskLog(log),
    signal: running.signal,
    registerProcess: running.registerProcess,
  };
}

async function importDag({ hash, url }: BundleAddress, dagId: string): Promise<Dag> {
  let dags = bundles.get(hash);
  if (!dags) {
    dags = collectDags(await import(url));
    bundles.set(hash, dags);
  }
  const dag = dags.find((candidate) => candidate.dagId === dagId);
  if (!dag) throw new Error(`DAG "${dagId}" is not among the DAGs that its file exports here`);
  return dag;
}

function toTaskLog(log: TryLog): TaskLog {
  const at = (level: keyof TaskLog) => (message: string) =>
    log.add({ level, event: String(message), logger: "task" });
  return {
    debug: at("debug"),
    info: at("info"),
    warning: at("warning"),
    error: at("error"),
    critical: at("critical"),
  };
}

/** The host checks nothing and answers what its services answer, so these casts only restore their types. */
function toServices({ ask }: RunningCall): TaskServices {
  const text = async (method: keyof TaskServices, ...args: readonly unknown[]) =>
    (await ask(method, args)) as string | undefined;
  const done = async (method: keyof TaskServices, ...args: readonly unknown[]): Promise<void> => {
    await ask(method, args);
  };
  return {
    getVariable: (key) => text("getVariable", key),
    setVariable: (key, value) => done("setVariable", key, value),
    getConnection: async (connId) =>
      (await ask("getConnection", [connId])) as Awaited<ReturnType<TaskServices["getConnection"]>>,
    getXCom: (query) => text("getXCom", query),
    setXCom: (key, value) => done("setXCom", key, value),
    getTaskState: (key) => text("getTaskState", key),
    putTaskState: (key, value) => done("putTaskState", key, value),
  };
}

function keyOf(call: TaskCall | CallbackCall): TryKey {
  const { dagId, runId, taskId = "", mapIndex, tryNumber } = "call" in call ? call.call : call;
  return { dagId, runId, taskId, mapIndex, tryNumber };
}

function toData(data: unknown): TaskThreadData {
  return data as TaskThreadData;
}

function toRequest(request: unknown): TaskRequest {
  return request as TaskRequest;
}
