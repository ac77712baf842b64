// The Execution API: what the product does for user code that has none of its rights. It begins and
// ends tries as the worker does, and lets each ask for what its own task may know, and no other's.
import type { Connection, TaskServices } from "../../model/task-services.ts";
import type {
  BeginAnswer,
  CallAgain,
  EndAnswer,
  ExecutionApi,
  Question,
  TaskRequest,
  TryReport,
} from "../../ports/execution-api.ts";
import type { Platform } from "../../ports/platform.ts";
import { whyUnwanted } from "../tasks/stopped-tries.ts";
import { createTaskServices } from "../tasks/task-services.ts";
import type { HandedTry } from "../tasks/tries.ts";
import type { Worker } from "../tasks/worker.ts";
import { RetryLater } from "../tasks/worker-events.ts";
import {
  type Capabilities,
  CapabilityRefused,
  type Claims,
  type TryClaims,
} from "./capabilities.ts";
import { mayRead, type RoleRights } from "./role-rights.ts";

/** The ports that the Execution API works with. */
export type ExecutionApiPorts = Pick<
  Platform,
  "metadata" | "xcoms" | "logs" | "secrets" | "encryptionKeys" | "clock" | "report"
> & { readonly runner: Pick<Platform["runner"], "limit"> };

export interface ExecutionApiOptions {
  readonly capabilities: Capabilities;
  readonly worker: Pick<Worker, "begin" | "end">;
  /** Where a bundle can be fetched for some minutes, without any rights. */
  readonly bundleUrl: (bundleHash: string) => Promise<string>;
  /** What DAGs with a role may read; a role that is not here may read everything. */
  readonly rights: Readonly<Record<string, RoleRights>>;
}

/** How long a capability outlives the longest try: its end must still be told, in ms. */
const GRACE_MS = 60_000;
/** The longest try where the platform knows none, in seconds. */
const LONGEST_TRY = 86_400;

const never = new AbortController().signal;

export function createExecutionApi(
  platform: ExecutionApiPorts,
  options: ExecutionApiOptions,
): ExecutionApi {
  const { capabilities, worker } = options;
  const { logs, report } = platform;

  /** Says in the product's own log what was refused. */
  async function refusing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (problem) {
      if (problem instanceof CapabilityRefused) report.warn(`Refused: ${problem.message}`);
      throw problem;
    }
  }

  return {
    begin: (request) =>
      refusing(async () => {
        await capabilities.checkExecution(request);
        return orAgain<BeginAnswer>(async () => {
          const handed = await worker.begin(toEvent(request), never);
          return handed ? toTryToRun(options, platform, { request, handed }) : { kind: "done" };
        });
      }),

    ask: (capability, question) =>
      refusing(async () =>
        answer(platform, { options, question, claims: await capabilities.read(capability) }),
      ),

    look: (capability) =>
      refusing(async () => {
        const claims = await capabilities.read(capability);
        return claims.kind === "try" ? whyUnwanted(platform, claims) : undefined;
      }),

    append: (capability, entries) =>
      refusing(async () => logs.append(tryKeyOf(await capabilities.read(capability)), entries)),

    end: (capability, ended) =>
      refusing(async () => {
        const claims = await capabilities.read(capability);
        await logs.append(tryKeyOf(claims), ended.entries);
        if (claims.kind === "callbacks") return { kind: "done" };
        return orAgain<EndAnswer>(() => endTry(worker, claims, ended));
      }),
  };
}

async function toTryToRun(
  { capabilities }: ExecutionApiOptions,
  { clock, runner }: ExecutionApiPorts,
  { request, handed }: { readonly request: TaskRequest; readonly handed: HandedTry },
): Promise<BeginAnswer> {
  const { started, call, instance } = handed;
  const { key, task, version } = instance;
  const { bundleHash, document } = version;
  const { pokes } = started;
  const capability = await capabilities.grant({
    ...key,
    kind: "try",
    clearNumber: request.clearNumber,
    tryNumber: started.tryNumber,
    ...(pokes === undefined ? {} : { pokes }),
    ...(request.pokes === undefined ? {} : { afterPokes: request.pokes }),
    bundleHash,
    ...(document.role === undefined ? {} : { role: document.role }),
    expiresAt: clock.now() + (runner.limit ?? LONGEST_TRY) * 1_000 + GRACE_MS,
  });
  const { executionTimeout: timeout } = task;
  const limit = timeout === undefined ? {} : { timeout };
  return { kind: "run", capability, call, bundleHash, ...limit };
}

async function endTry(
  worker: Pick<Worker, "end">,
  claims: TryClaims,
  { ending }: TryReport,
): Promise<EndAnswer> {
  const { dagId, runId, clearNumber, taskId, mapIndex, tryNumber, pokes } = claims;
  const { afterPokes } = claims;
  const call = afterPokes === undefined ? {} : { pokes: afterPokes };
  const event = { dagId, runId, clearNumber, taskId, mapIndex, ...call };
  const ended = { event, tryNumber, ending, ...(pokes === undefined ? {} : { pokes }) };
  try {
    return { kind: (await worker.end(ended, never)) === "again" ? "begin" : "done" };
  } catch (problem) {
    // The end of a try that has run is told again: it may be recorded then.
    if (problem instanceof RetryLater && problem.name === "Stepwind.Lost") {
      throw new Error(problem.message, { cause: problem });
    }
    throw problem;
  }
}

/** What the worker throws to be called again, as an answer. */
async function orAgain<T>(work: () => Promise<T>): Promise<T | CallAgain> {
  try {
    return await work();
  } catch (problem) {
    if (!(problem instanceof RetryLater)) throw problem;
    return { kind: "again", name: problem.name, message: problem.message };
  }
}

function toEvent({ signature: _, ...event }: TaskRequest) {
  return event;
}

function tryKeyOf({ dagId, runId, taskId, mapIndex, tryNumber }: Claims) {
  return { dagId, runId, taskId, mapIndex, tryNumber };
}

interface Asked {
  readonly options: ExecutionApiOptions;
  readonly question: Question;
  readonly claims: Claims;
}

async function answer(
  platform: ExecutionApiPorts,
  { options, question, claims }: Asked,
): Promise<string | Connection | undefined> {
  const services = createTaskServices(platform, tryKeyOf(claims));
  const { role } = claims;
  switch (question.method) {
    case "getConnection":
      mayRead(options.rights, { role, kind: "connections", name: question.args.connId });
      return services.getConnection(question.args.connId);
    case "getVariable":
      mayRead(options.rights, { role, kind: "variables", name: question.args.key });
      return services.getVariable(question.args.key);
    case "getXCom":
      return services.getXCom(question.args);
    case "getTaskState":
      return services.getTaskState(question.args.key);
    case "getAssetEvents":
      return services.getAssetEvents(question.args);
    case "getBundleUrl":
      return options.bundleUrl(claims.bundleHash);
    case "setVariable":
      mayRead(options.rights, { role, kind: "variables", name: question.args.key });
      return change(platform, claims, () =>
        services.setVariable(question.args.key, question.args.value),
      );
    case "setXCom":
      return change(platform, claims, () =>
        services.setXCom(question.args.key, question.args.value),
      );
    case "putTaskState":
      return change(platform, claims, () => putTaskState(services, question.args));
    case "getAssetState":
      return services.getAssetState(question.args);
    case "putAssetState":
      return change(platform, claims, () => services.putAssetState(question.args));
    case "clearAssetState":
      return change(platform, claims, () => services.clearAssetState(question.args));
  }
}

function putTaskState(
  services: TaskServices,
  { key, value }: { readonly key: string; readonly value?: string },
): Promise<void> {
  return services.putTaskState(key, value);
}

/** A try that has ended, or counts as died, changes nothing any more. */
async function change(
  { metadata }: ExecutionApiPorts,
  claims: Claims,
  work: () => Promise<void>,
): Promise<undefined> {
  if (claims.kind === "try") {
    const known = await metadata.taskInstances.get(claims);
    if (known?.state !== "running" || known.tryNumber !== claims.tryNumber) {
      const { dagId, runId, taskId, tryNumber } = claims;
      throw new CapabilityRefused(
        `Try ${tryNumber} of task "${taskId}" of run "${runId}" of DAG "${dagId}" has ended and can change nothing any more`,
      );
    }
  }
  await work();
  return undefined;
}
