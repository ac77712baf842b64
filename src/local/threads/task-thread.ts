// Entry of the worker threads: runs tries and callbacks of DAGs, one at a time.
import { setSourceMapsSupport } from "node:module";
import type { TaskServices } from "../../model/task-services.ts";
import { guardEnvironment } from "../../runtime/call-environment.ts";
import { MARK } from "../../runtime/marked-processes.ts";
import { placeSourceModules } from "../../runtime/source-modules.ts";
import { toTaskError } from "../../runtime/task-error.ts";
import { captureOutput } from "../../runtime/task-output.ts";
import { createTryLog, type TryLog } from "../../runtime/try-log.ts";
import { type CallHost, createUserCode, tryKeyOf } from "../../runtime/user-code.ts";
import { type RunningCall, serveCalls, threadStart } from "../../threads/thread-calls.ts";
import { writeUnwrittenText } from "../../threads/unwritten-text.ts";
import { createFileTaskLogs } from "../file-task-logs.ts";
import { resolveOwnModules } from "./stepwind-imports.ts";
import type { TaskRequest, TaskThreadData } from "./task-requests.ts";

/** Modules can't be unloaded: a thread that has imported so many bundles is replaced. */
const MAX_BUNDLES = 50;

setSourceMapsSupport(true);

const { logsFolder, dagsFolder }: TaskThreadData = toData(threadStart.data);
placeSourceModules(dagsFolder);
const logs = createFileTaskLogs(logsFolder);
const unwritten = writeUnwrittenText(threadStart.unwritten);
const output = captureOutput();
const environment = guardEnvironment();
let currentLog: TryLog | undefined;
let current: RunningCall | undefined;
const code = createUserCode({
  onImported(bundleHash) {
    environment.keepFor(bundleHash);
    current?.imported(bundleHash);
  },
});

serveCalls({
  resolveOwnModules,
  async handle(running) {
    const request = toRequest(running.request);
    const log = createTryLog(tryKeyOf(request.call), { logs, unwritten });
    currentLog = log;
    current = running;
    environment.enter(request.bundle.hash, { [MARK]: running.mark });
    try {
      return await output.runWith(log, () => answer(request, toHost(running, log)));
    } finally {
      log.end();
      if (code.bundles >= MAX_BUNDLES) running.retire();
    }
  },
  broken(error) {
    const { name, message, stack } = toTaskError(error);
    const event = `An error outside of the task's promise ends it: ${stack ?? `${name}: ${message}`}`;
    currentLog?.add({ level: "error", event, logger: "stepwind" });
    const told = `an error outside of the task's promise: ${name}: ${message}`;
    return currentLog?.secrets.mask(told) ?? told;
  },
});

function answer(request: TaskRequest, host: CallHost): Promise<unknown> {
  return request.kind === "task"
    ? code.runTask(request.call, request.bundle, host)
    : code.runCallbacks(request.call, request.bundle, host);
}

function toHost(running: RunningCall, log: TryLog): CallHost {
  const { signal, registerProcess } = running;
  return { services: toServices(running), log, signal, registerProcess };
}

/**
 * The host checks nothing and answers what its services answer, so these casts only restore their
 * types.
 */
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

function toData(data: unknown): TaskThreadData {
  return data as TaskThreadData;
}

function toRequest(request: unknown): TaskRequest {
  return request as TaskRequest;
}
