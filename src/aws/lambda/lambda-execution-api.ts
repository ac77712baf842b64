// The Execution API as a task function sees it: calls of the function that serves it.
import { setTimeout as sleep } from "node:timers/promises";
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { BeginAnswer, ExecutionApi } from "../../ports/execution-api.ts";
import {
  type ExecutionMessage,
  type ExecutionReply,
  MAX_MESSAGE_BYTES,
  type StoredMessage,
  type UploadPlace,
} from "./execution-messages.ts";

/** Pauses before a begin that failed is sent again, in ms. */
const BEGIN_PAUSES_MS = [200, 1_000];

export interface LambdaExecutionApiOptions {
  readonly client: LambdaClient;
  /** The function that serves the Execution API. */
  readonly functionName: string;
}

export function createLambdaExecutionApi({
  client,
  functionName,
}: LambdaExecutionApiOptions): ExecutionApi {
  async function invoke<T>(text: string): Promise<T> {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(text) }),
    );
    const answered = Buffer.from(Payload ?? []).toString();
    if (FunctionError) throw new Error(`The Execution API failed: ${answered}`);
    return open<T>(answered);
  }

  async function send<T>(message: ExecutionMessage): Promise<T> {
    const text = JSON.stringify(message);
    if (message.action === "begin" || Buffer.byteLength(text) <= MAX_MESSAGE_BYTES) {
      return invoke<T>(text);
    }
    const { capability } = message;
    const asked: ExecutionMessage = { action: "upload", capability };
    const place = await invoke<UploadPlace>(JSON.stringify(asked));
    await put(place.url, text);
    const stored: StoredMessage = { action: "stored", key: place.key };
    return invoke<T>(JSON.stringify(stored));
  }

  return {
    async begin(request) {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await send<BeginAnswer>({ action: "begin", ...request });
        } catch (problem) {
          if (problem instanceof Error && problem.name === "Stepwind.Refused") throw problem;
          const pauseMs = BEGIN_PAUSES_MS[attempt];
          if (pauseMs === undefined) {
            return { kind: "again", name: "Stepwind.NotYet", message: String(problem) };
          }
          // It may have begun the try before it failed, and answers that then.
          await sleep(pauseMs);
        }
      }
    },
    ask: (capability, question) => send({ action: "ask", capability, question }),
    look: (capability) => send({ action: "look", capability }),
    async append(capability, entries) {
      if (entries.length > 0) await send({ action: "append", capability, entries });
    },
    end: (capability, report) => send({ action: "end", capability, report }),
  };
}

/** The answer in a reply; throws what the Execution API threw. */
async function open<T>(text: string): Promise<T> {
  const reply: ExecutionReply<T> = JSON.parse(text);
  if (reply.kind === "stored") return open<T>(await fetchText(reply.url));
  if (reply.kind === "answer") return reply.value;
  const error = new Error(reply.message);
  error.name = reply.name;
  throw error;
}

/** What is at a signed address. */
export async function fetchText(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`S3 answered ${answer.status} for what was left there`);
  return answer.text();
}

async function put(url: string, body: string): Promise<void> {
  const answer = await fetch(url, { method: "PUT", body });
  if (!answer.ok) throw new Error(`S3 answered ${answer.status} to a large message`);
}
