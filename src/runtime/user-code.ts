// Runs user code where it is called, in a worker thread or in a function of its own: imports
// bundles, runs tries and callbacks of their DAGs, and says in their logs how they went.

import type { CallbackCall, TaskCall, TaskError, TaskOutcome } from "../model/task-call.ts";
import type { TaskServices } from "../model/task-services.ts";
import { stateOfWait } from "../model/waits/waits.ts";
import { collectDags } from "../sdk/bundle.ts";
import type { Dag } from "../sdk/dag.ts";
import type { TaskLog } from "../sdk/log.ts";
import { createReadAssetEvents } from "./asset-events.ts";
import { createClient } from "./client/create-client.ts";
import { callbackKindOf, type ExecuteOptions, executeTask, runCallbacks } from "./execute.ts";
import { toTaskError } from "./failures/task-error.ts";
import { hideFromStart, maskOutcome, withMaskedSecrets } from "./masked-secrets.ts";
import { forgetRequired } from "./source-modules.ts";
import type { TryLog } from "./try-log.ts";

/** Where a call's code is. */
export interface BundleAddress {
  readonly hash: string;
  readonly url: string;
}

/** What a call runs with. */
export interface CallHost extends Required<Pick<ExecuteOptions, "signal" | "registerProcess">> {
  readonly services: TaskServices;
  readonly log: TryLog;
}

export interface UserCode {
  /** Bundles imported so far; modules can't be unloaded. */
  readonly bundles: number;
  /** Never rejects. */
  runTask(call: TaskCall, bundle: BundleAddress, host: CallHost): Promise<TaskOutcome>;
  /** Never rejects; what callbacks throw is logged. */
  runCallbacks(call: CallbackCall, bundle: BundleAddress, host: CallHost): Promise<void>;
}

const STATE_WORDS = {
  success: "SUCCESS",
  skipped: "SKIPPED",
  retry: "UP_FOR_RETRY",
  failure: "FAILED",
};

/** The state that the outcome leads to, as Airflow's logs have it. */
function stateWord(call: TaskCall, outcome: TaskOutcome): string {
  const kind = callbackKindOf(call, outcome);
  if (kind !== undefined) return STATE_WORDS[kind];
  if (outcome.kind !== "deferred") return "UP_FOR_RESCHEDULE";
  return stateOfWait(outcome.wait).toUpperCase();
}

/** `onImported` hears of each bundle that was imported, before anything of it runs. */
export function createUserCode({
  onImported = () => {},
}: {
  readonly onImported?: (bundleHash: string) => void;
} = {}): UserCode {
  const imported = new Map<string, readonly Dag[]>();

  async function importDag({ hash, url }: BundleAddress, dagId: string): Promise<Dag> {
    let dags = imported.get(hash);
    if (!dags) {
      forgetRequired();
      dags = collectDags(await import(url));
      imported.set(hash, dags);
      onImported(hash);
    }
    const dag = dags.find((candidate) => candidate.dagId === dagId);
    if (!dag) throw new Error(`DAG "${dagId}" is not among the DAGs that its file exports here`);
    return dag;
  }

  async function attempt(
    call: TaskCall,
    bundle: BundleAddress,
    host: CallHost,
  ): Promise<TaskOutcome> {
    const dag = await importDag(bundle, call.dagId).catch(toTaskError);
    if (!("message" in dag)) return executeTask(call, optionsFor(dag, call.taskId, host));
    logImportError(host.log, dag);
    return { kind: "failed", retry: true, error: dag };
  }

  return {
    get bundles() {
      return imported.size;
    },
    async runTask(call, bundle, host) {
      hideFromStart(call, host.log.secrets);
      const say = (event: string): void =>
        host.log.add({ level: "info", event, logger: "stepwind" });
      say(`Task instance is in running state: try ${call.tryNumber} of ${call.maxTries + 1}`);
      const outcome = maskOutcome(await attempt(call, bundle, host), host.log.secrets);
      host.log.endLines();
      say(`Marking task as ${stateWord(call, outcome)}`);
      return outcome;
    },
    async runCallbacks(call, bundle, host) {
      const { dagId, taskId = "" } = call.call;
      hideFromStart(call.call, host.log.secrets);
      const dag = await importDag(bundle, dagId).catch(toTaskError);
      if ("message" in dag) logImportError(host.log, dag);
      else await runCallbacks(call, optionsFor(dag, taskId, host));
    },
  };
}

function optionsFor(dag: Dag, taskId: string, host: CallHost): ExecuteOptions {
  const { log, signal, registerProcess } = host;
  const services = withMaskedSecrets(host.services, log.secrets);
  return {
    dag,
    client: createClient(services, taskId),
    readAssetEvents: createReadAssetEvents(services),
    log: toTaskLog(log),
    signal,
    registerProcess,
    endOutput: () => log.endLines(),
  };
}

function logImportError(log: TryLog, { stack, message }: TaskError): void {
  const event = `The DAG's file could not be imported: ${stack ?? message}`;
  log.add({ level: "error", event, logger: "stepwind" });
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
