// Tasks that wait for a person, in the recorder: the question is stored where people find it, and
// its first answer, or the end of its time, ends the task.
import { inputRequestKey } from "../../../model/ids.ts";
import { toIso } from "../../../model/values/time.ts";
import { answerByDefault, endByAnswer } from "../../../model/waits/human-input.ts";
import type { InputRequestRecord } from "../../../model/waits/input-requests.ts";
import type { InputWait } from "../../../model/waits/waits.ts";
import type { Stored } from "../../../ports/metadata.ts";
import type { FollowContext, WaitingTask, WaitStep } from "./wait-step.ts";

/** Looks for the answer. Repeating is safe. */
export async function lookAtInput(
  context: FollowContext,
  task: WaitingTask<InputWait>,
): Promise<WaitStep> {
  const { wait } = task;
  const endsAt = timeIsOverAt(task);
  for (;;) {
    const request = await requestOf(context, task);
    const { revision, ...record } = request;
    if (record.response) return { kind: "ends", ending: endByAnswer(wait, record.response) };
    const now = context.clock.now();
    if (endsAt > now) {
      const message = `waits for an answer: ${wait.subject}`;
      return { kind: "waits", nextAt: Number.isFinite(endsAt) ? endsAt : undefined, message };
    }
    const answer = answerByDefault(wait);
    if (!answer) return timedOut();
    const response = { ...answer, respondedAt: toIso(now), respondedBy: null };
    // Somebody may answer at the last moment: the first answer counts.
    if (await context.metadata.inputRequests.put({ ...record, response }, { revision })) {
      await context.metadata.openInputRequests.delete(record.key);
    }
  }
}

/** The question as it is stored; it is stored by the first look. */
async function requestOf(
  { metadata, clock }: FollowContext,
  { instance, known, wait }: WaitingTask<InputWait>,
): Promise<Stored<InputRequestRecord>> {
  const { tryNumber, startDate = "" } = known;
  const key = inputRequestKey(instance.key, tryNumber);
  for (;;) {
    const found = await metadata.inputRequests.get(key);
    if (found?.askedBy === startDate) return found;
    const { kind: _, failOnReject: __, targets: ___, ...question } = wait;
    const { dagId, runId, taskId, mapIndex } = instance.key;
    const record: InputRequestRecord = {
      ...{ key, dagId, runId, taskId, mapIndex, tryNumber },
      ...question,
      askedBy: startDate,
      createdAt: toIso(clock.now()),
    };
    await metadata.openInputRequests.put({ key, writtenAt: record.createdAt });
    // One of an earlier DAG with the same ids is replaced.
    await metadata.inputRequests.put(record, { revision: found?.revision ?? "" });
  }
}

/** Epoch ms (Airflow: execution_timeout counts from the question on). */
function timeIsOverAt({ instance, known }: WaitingTask<InputWait>): number {
  const { executionTimeout = Infinity } = instance.task;
  return Date.parse(known.startDate ?? "") + executionTimeout * 1_000;
}

function timedOut(): WaitStep {
  const message = "The timeout has passed, and the response has not yet been received.";
  const error = { name: "HITLTimeoutError", message };
  return { kind: "ends", ending: { kind: "failed", retry: true, error } };
}
