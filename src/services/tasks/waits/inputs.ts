// Answers of people to the questions that tasks wait for. The first one counts; it is written on
// condition that there is none, so of several people that answer at once one does.
import { inputRequestKey } from "../../../model/ids.ts";
import type { TaskInstanceKey } from "../../../model/records.ts";
import { toIso } from "../../../model/values/time.ts";
import { type Answer, checkAnswer, mayAnswer } from "../../../model/waits/human-input.ts";
import type {
  InputRequestRecord,
  InputResponse,
  Person,
} from "../../../model/waits/input-requests.ts";
import type { Stored } from "../../../ports/metadata.ts";
import type { Platform } from "../../../ports/platform.ts";
import { RequestRefused } from "../../request-refused.ts";
import { wake } from "./wake-waiters.ts";

export interface Inputs {
  /**
   * Answers the question that the instance waits for. Refused when it waits for none, was answered
   * before, is meant for others, or the answer is none of its options or params.
   */
  answer(key: TaskInstanceKey, answer: Answer & { readonly by: Person }): Promise<InputResponse>;
  /** The question of the instance's present try, or of another; undefined when there is none. */
  get(key: TaskInstanceKey, tryNumber?: number): Promise<InputRequestRecord | undefined>;
}

type InputsContext = Pick<Platform, "metadata" | "triggers" | "clock" | "report">;

export function createInputs(context: InputsContext): Inputs {
  return {
    answer: (key, answer) => answerInput(context, key, answer),
    get: (key, tryNumber) => findRequest(context, key, tryNumber),
  };
}

async function findRequest(
  { metadata }: InputsContext,
  key: TaskInstanceKey,
  tryNumber?: number,
): Promise<Stored<InputRequestRecord> | undefined> {
  const known = await metadata.taskInstances.get(key);
  const wanted = tryNumber ?? known?.tryNumber;
  if (!known || wanted === undefined) return undefined;
  const found = await metadata.inputRequests.get(inputRequestKey(key, wanted));
  // An earlier DAG with the same ids may have left one.
  const isOwn = wanted !== known.tryNumber || found?.askedBy === known.startDate;
  return isOwn ? found : undefined;
}

async function answerInput(
  context: InputsContext,
  key: TaskInstanceKey,
  { by, ...given }: Answer & { readonly by: Person },
): Promise<InputResponse> {
  const { metadata, clock, report } = context;
  const what = `task "${key.taskId}" in run "${key.runId}" of DAG "${key.dagId}"`;
  const request = await findRequest(context, key);
  if (!request) {
    throw new RequestRefused("not-found", `Human-in-the-loop detail does not exist for ${what}`);
  }
  if (request.response) throw answeredBefore(what);
  if (!mayAnswer(request, by)) {
    throw new RequestRefused(
      "forbidden",
      `User=${by.name} (id=${by.id}) is not a respondent for the task.`,
    );
  }
  const known = await metadata.taskInstances.get(key);
  if (known?.state !== "awaiting_input") {
    const state = known?.state ?? "none";
    throw new RequestRefused("conflict", `The answer comes too late: ${what} is ${state}`);
  }
  const answer = checkAnswer(request, given);
  if ("error" in answer) throw new RequestRefused("invalid", `${answer.error} (${what})`);
  const { revision, ...record } = request;
  const response = { ...answer, respondedAt: toIso(clock.now()), respondedBy: by };
  if (!(await metadata.inputRequests.put({ ...record, response }, { revision }))) {
    throw answeredBefore(what);
  }
  try {
    await wake(context, key);
    await metadata.openInputRequests.delete(record.key);
  } catch (problem) {
    // The answer stands; whoever looks for orphans wakes the task.
    report.error(`The answer for ${what} is noted, but could not be told: ${String(problem)}`);
  }
  return response;
}

function answeredBefore(what: string): RequestRefused {
  return new RequestRefused(
    "conflict",
    `Human-in-the-loop detail has already been updated for ${what} and is not allowed to write again.`,
  );
}
