// Payloads that compiled definitions send, as events of the services that they call.
import { ownErrorIn } from "../model/scheduling/deferrals.ts";
import type { Deferral } from "../model/scheduling/sensors.ts";
import type { ExecutionInput } from "../ports/state-machines.ts";
import type { RecorderEvent } from "./runs/recorder.ts";
import type { WorkerEvent } from "./tasks/worker-events.ts";

type Payload = Readonly<Record<string, unknown>>;

/** What a Task state sends to the worker; throws when the payload is none. */
export function toWorkerEvent(payload: Payload): WorkerEvent {
  return {
    ...idsOf(payload),
    ...instanceOf(payload),
    ...("token" in payload ? { token: textOf(payload, "token") } : {}),
  };
}

/**
 * What a Task state sends to the triggerer's queue; throws when the payload is none. An error of
 * the recorder, at the task's gate, is below "gate" and says nothing of the worker.
 */
export function toDeferral(payload: Payload): Deferral {
  const { error } = payload;
  const hasName = typeof error === "object" && error !== null && "Error" in error;
  const cause = hasName && "Cause" in error ? String(error.Cause) : "";
  return {
    ...idsOf(payload),
    mapIndex: -1,
    ...instanceOf(payload),
    token: textOf(payload, "token"),
    ...(payload.isMapped === true ? { isMapped: true } : {}),
    ...(hasName ? { error: ownErrorIn(cause) ?? String(error.Error) } : {}),
  };
}

/**
 * What the compiled machine or the triggerer sends to the recorder; throws when the payload is
 * none.
 */
export function toRecorderEvent(payload: Payload): RecorderEvent {
  const ids = idsOf(payload);
  switch (payload.action) {
    case "gate":
      return {
        ...ids,
        action: "gate",
        ...instanceOf(payload),
        token: textOf(payload, "token"),
      };
    case "map":
      return {
        ...ids,
        action: "map",
        taskId: textOf(payload, "taskId"),
        ...("token" in payload ? { token: textOf(payload, "token") } : {}),
      };
    case "settle":
      return { ...ids, action: "settle", ...instanceOf(payload) };
    case "died": {
      const { pokes, reason } = payload;
      return {
        ...{ ...ids, action: "died", ...instanceOf(payload) },
        ...{ pokes: Number(pokes), reason: String(reason) },
      };
    }
    case "wake":
      return { ...ids, action: "wake", ...instanceOf(payload), pokes: Number(payload.pokes) };
    case "callFailed":
      return {
        ...ids,
        action: "callFailed",
        ...instanceOf(payload),
        pokes: Number(payload.pokes),
        callId: textOf(payload, "callId"),
        ...optionalText(payload, "error"),
        ...optionalText(payload, "reason"),
      };
    case "finish":
      return { ...ids, action: "finish" };
    case "plan":
      return { ...ids, action: "plan" };
    default:
      throw new Error(
        `A definition asks the recorder for "${String(payload.action)}", which it doesn't know`,
      );
  }
}

/** What an execution was started with, as JSON text; throws when it is not one of our runs. */
export function parseExecutionInput(text: string): ExecutionInput {
  return idsOf(JSON.parse(text));
}

function idsOf(payload: Payload): ExecutionInput {
  return {
    dagId: textOf(payload, "dagId"),
    runId: textOf(payload, "runId"),
    clearNumber: Number(payload.clearNumber),
  };
}

/** Machines name tasks as a whole; the triggerer and the worker name instances. */
function instanceOf(payload: Payload): { readonly taskId: string; readonly mapIndex?: number } {
  const taskId = textOf(payload, "taskId");
  return "mapIndex" in payload ? { taskId, mapIndex: Number(payload.mapIndex) } : { taskId };
}

function optionalText(payload: Payload, key: string): Readonly<Record<string, string>> {
  return payload[key] === undefined ? {} : { [key]: textOf(payload, key) };
}

function textOf(payload: Payload, key: string): string {
  const value = payload[key];
  if (typeof value !== "string") throw new Error(`A definition sends no text as "${key}"`);
  return value;
}
