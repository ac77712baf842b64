// What runs in a worker: tries and callbacks of DAGs, one at a time.
import { setSourceMapsSupport } from "node:module";
import type { TaskServices } from "../../model/task-services.ts";
import { guardEnvironment } from "../../runtime/call-environment.ts";
import { toTaskError } from "../../runtime/failures/task-error.ts";
import { MARK } from "../../runtime/marked-processes.ts";
import { placeSourceModules } from "../../runtime/source-modules.ts";
import { captureOutput } from "../../runtime/task-output.ts";
import { createTryLog, type TryLog, type TryLogOptions } from "../../runtime/try-log.ts";
import { type CallHost, createUserCode } from "../../runtime/user-code.ts";
import {
  type CallHandler,
  type CallPort,
  type RunningCall,
  serveCalls,
} from "../inside/serve-calls.ts";
import type { TaskRequest } from "./task-requests.ts";
import { tryKeyOf } from "./try-key.ts";

export interface TaskServerOptions extends Pick<CallHandler, "resolveOwnModules"> {
  readonly port: CallPort;
  /** How the log of each try is written. */
  readonly log: TryLogOptions;
  /** Where `import.meta` of DAG files leads. */
  readonly dagsFolder: string;
  /** Modules can't be unloaded: whether the worker is to be replaced after so many bundles. */
  isWorn(bundles: number): boolean;
  /** Undoes what the call before has changed, besides its environment variables. */
  refresh?(): void;
}

/** Takes over the worker's output and environment; at most one in a worker. */
export function serveTasks(options: TaskServerOptions): void {
  const { port, dagsFolder, isWorn, refresh = () => {}, resolveOwnModules } = options;
  setSourceMapsSupport(true);
  placeSourceModules(dagsFolder);
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

  function answer(request: TaskRequest, host: CallHost): Promise<unknown> {
    return request.kind === "task"
      ? code.runTask(request.call, request.bundle, host)
      : code.runCallbacks(request.call, request.bundle, host);
  }

  serveCalls(port, {
    resolveOwnModules,
    async handle(running) {
      const request = toRequest(running.request);
      const log = createTryLog(tryKeyOf(request.call), options.log);
      currentLog = log;
      current = running;
      environment.enter(request.bundle.hash, { ...request.environment, [MARK]: running.mark });
      refresh();
      try {
        return await output.runWith(log, () => answer(request, toHost(running, log)));
      } finally {
        log.end();
        if (isWorn(code.bundles)) running.retire();
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
    getAssetEvents: async (query) => (await text("getAssetEvents", query)) ?? "[]",
    putTaskState: (key, value) => done("putTaskState", key, value),
    getAssetState: (query) => text("getAssetState", query),
    putAssetState: (change) => done("putAssetState", change),
    clearAssetState: (which) => done("clearAssetState", which),
  };
}

function toRequest(request: unknown): TaskRequest {
  return request as TaskRequest;
}
