// Keeps the secrets that a try asks for out of what people read of it: its log and its outcome.

import { secretsOfEnvironment } from "../model/connections/environment-secrets.ts";
import type { SecretMasker } from "../model/connections/secret-masker.ts";
import type { TaskCall, TaskError, TaskOutcome } from "../model/task-call.ts";
import type { TaskServices } from "../model/task-services.ts";

/** The secrets of the process, which a thread reads once: tasks' changes of it are undone. */
let ofEnvironment: readonly string[] | undefined;

/** Hides what a call can see from the start: the environment's secrets, and params with such names. */
export function hideFromStart(
  { params, run }: Pick<TaskCall, "params" | "run">,
  secrets: SecretMasker,
): void {
  ofEnvironment ??= secretsOfEnvironment(process.env);
  for (const secret of ofEnvironment) secrets.add(secret);
  secrets.addFields(params);
  secrets.addFields(run.conf);
}

/** The same services; connections and variables that they answer with are masked from then on. */
export function withMaskedSecrets(services: TaskServices, secrets: SecretMasker): TaskServices {
  return {
    async getVariable(key) {
      const value = await services.getVariable(key);
      if (value !== undefined) secrets.addVariable(key, value);
      return value;
    },
    async setVariable(key, value) {
      secrets.addVariable(key, value);
      await services.setVariable(key, value);
    },
    async getConnection(connId) {
      const connection = await services.getConnection(connId);
      if (connection !== undefined) secrets.addConnection(connection);
      return connection;
    },
    getXCom: (query) => services.getXCom(query),
    setXCom: (key, value) => services.setXCom(key, value),
    getTaskState: (key) => services.getTaskState(key),
    getAssetEvents: (query) => services.getAssetEvents(query),
    putTaskState: (key, value) => services.putTaskState(key, value),
    getAssetState: (query) => services.getAssetState(query),
    putAssetState: (change) => services.putAssetState(change),
    clearAssetState: (which) => services.clearAssetState(which),
  };
}

/** The outcome with its messages masked. A result is left as it is: other tasks work with it. */
export function maskOutcome(outcome: TaskOutcome, secrets: SecretMasker): TaskOutcome {
  const { renderedFields, renderedMapIndex: label } = outcome;
  return {
    ...maskMessages(outcome, secrets),
    ...(renderedFields && { renderedFields: secrets.redactFields(renderedFields) }),
    ...(label === undefined ? {} : { renderedMapIndex: secrets.mask(label) }),
  };
}

function maskMessages(outcome: TaskOutcome, secrets: SecretMasker): TaskOutcome {
  if (outcome.kind === "failed") {
    const { error, advice } = outcome;
    const reason = advice?.reason;
    return {
      ...outcome,
      error: maskError(error, secrets),
      ...(reason === undefined ? {} : { advice: { ...advice, reason: secrets.mask(reason) } }),
    };
  }
  if (outcome.kind === "skipped" && outcome.message !== undefined) {
    return { ...outcome, message: secrets.mask(outcome.message) };
  }
  return outcome;
}

function maskError({ name, message, stack }: TaskError, secrets: SecretMasker): TaskError {
  return {
    name: secrets.mask(name),
    message: secrets.mask(message),
    ...(stack === undefined ? {} : { stack: secrets.mask(stack) }),
  };
}
