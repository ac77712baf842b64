// Serves the Execution API to task functions: takes a message, calls the API, and answers what came
// of it. Large messages and replies go through the bucket. Lambda reports here which calls of task
// functions have failed; their own code could send such a report as well, so it needs the proof
// that the call had.
import type { ExecutionApi } from "../../ports/execution-api.ts";
import type { Reporter } from "../../ports/platform.ts";
import type { Capabilities } from "../../services/execution-api/capabilities.ts";
import { CapabilityRefused } from "../../services/execution-api/capabilities.ts";
import type { Recorder } from "../../services/runs/recorder.ts";
import type { CallbacksRequest } from "../../workers/apart/run-task.ts";
import type { PassingObjects } from "../s3/passing-objects.ts";
import {
  type ExecutionMessage,
  type ExecutionReply,
  isExecutionMessage,
  isStoredMessage,
  MAX_MESSAGE_BYTES,
} from "./execution-messages.ts";
import { isFailedCallReport } from "./failed-call-reports.ts";
import {
  type FailedCallReport,
  isCallbacksRequest,
  nextCallOf,
  toCallFailed,
} from "./failed-calls.ts";

export interface ServingParts {
  readonly api: ExecutionApi;
  readonly capabilities: Pick<Capabilities, "read" | "checkExecution">;
  readonly recorder: Pick<Recorder, "handle">;
  readonly objects: PassingObjects;
  readonly report: Reporter;
  /** Has the task function of the role called for callbacks. */
  callForCallbacks(request: CallbacksRequest, role: string | undefined): Promise<void>;
}

/**
 * Answers what is wrong with the message, or was refused, as a reply. Throws when the product
 * itself failed: the message may be sent again.
 */
export async function serveExecutionApi(
  parts: ServingParts,
  event: unknown,
): Promise<ExecutionReply> {
  if (isFailedCallReport(event)) return takeFailedCall(parts, event);
  const message = isStoredMessage(event) ? await readStored(parts, event.key) : event;
  if (!isExecutionMessage(message)) return refuse(parts);
  return fitting(parts, await reply(parts, message));
}

function refuse({ report }: ServingParts): ExecutionReply {
  report.warn("Refused: a message to the Execution API that it doesn't understand");
  const message = "The Execution API doesn't understand the message";
  return { kind: "error", name: "Stepwind.Refused", message };
}

async function takeFailedCall(
  parts: ServingParts,
  failed: FailedCallReport,
): Promise<ExecutionReply> {
  const { requestPayload: request } = failed;
  const { capabilities, recorder, report } = parts;
  const begin = { ...request, action: "begin" };
  try {
    if (isCallbacksRequest(request)) {
      const { role } = await capabilities.read(request.capability);
      await parts.callForCallbacks(nextCallOf(request), role);
    } else if (isExecutionMessage(begin) && "taskId" in begin) {
      await capabilities.checkExecution(begin);
      // Without an id, the call of a triggerer from before that gave it none.
      if (begin.callId !== undefined) {
        await recorder.handle(toCallFailed(failed));
      }
    } else return refuse(parts);
  } catch (problem) {
    if (!(problem instanceof CapabilityRefused)) throw problem;
    report.warn(`Refused: ${problem.message}`);
    return { kind: "error", name: problem.name, message: problem.message };
  }
  return { kind: "answer", value: undefined };
}

async function reply(parts: ServingParts, message: ExecutionMessage): Promise<ExecutionReply> {
  try {
    return { kind: "answer", value: await call(parts, message) };
  } catch (problem) {
    // What a task asks for may be refused, or be unreadable: that is for the task to know.
    const isForTask = message.action === "ask" || problem instanceof CapabilityRefused;
    if (!isForTask || !(problem instanceof Error)) throw problem;
    return { kind: "error", name: problem.name, message: problem.message };
  }
}

async function call(
  { api, capabilities, objects }: ServingParts,
  message: ExecutionMessage,
): Promise<unknown> {
  switch (message.action) {
    case "begin": {
      const { action: _, ...request } = message;
      return api.begin(request);
    }
    case "ask":
      return api.ask(message.capability, message.question);
    case "look":
      return api.look(message.capability);
    case "append":
      return api.append(message.capability, message.entries);
    case "end":
      return api.end(message.capability, message.report);
    case "upload":
      await capabilities.read(message.capability);
      return objects.placeFor();
  }
}

async function readStored({ objects }: ServingParts, key: string): Promise<unknown> {
  const text = await objects.take(key);
  return text === undefined ? undefined : JSON.parse(text);
}

async function fitting({ objects }: ServingParts, reply: ExecutionReply): Promise<ExecutionReply> {
  const text = JSON.stringify(reply);
  if (Buffer.byteLength(text) <= MAX_MESSAGE_BYTES) return reply;
  return { kind: "stored", url: await objects.leave(text) };
}
