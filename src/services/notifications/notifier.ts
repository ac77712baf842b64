// The notifier: tells people of a failure, once per event, in Slack. Last step of the failure's
// way.
import type { FailureEvent } from "../../model/failure-event.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { TaskInstanceKey } from "../../model/records.ts";
import type { CallbackReason } from "../../model/task-call.ts";
import type { Platform } from "../../ports/platform.ts";
import { createLookUp } from "../stored/look-up.ts";
import { escapeSlack, postToSlack, webhookUrl } from "./slack-webhook.ts";

export interface NotifierOptions {
  /** URL of the webhook when the connection isn't set. */
  readonly slackWebhook?: string;
  /** URL of the web UI, for links; without it there are none. */
  readonly uiUrl?: string;
}

export interface Notifier {
  /**
   * Sends nothing when nobody is to be told, or when the event was sent. Throws when it could not
   * be sent: the caller tries again.
   */
  notify(event: FailureEvent): Promise<void>;
}

/** The connection that holds the webhook. */
const CONNECTION = "slack_default";
/** How names of task states begin that are not of the task, but say what was told of it. */
export const OWN_STATES = "stepwind notification ";
const SENT = "sent";
const SENDING = "sending until ";
/** How long one notifier may take; one that has not told by then is taken for dead. */
const LEASE_MS = 30_000;
const MAX_MESSAGE = 1_000;

const REASONS: Readonly<Record<CallbackReason, string>> = {
  success: "",
  task_failure: "its execution ended before its tasks did",
  all_tasks_deadlocked: "none of its unfinished tasks can ever start (all_tasks_deadlocked)",
  timed_out: "it took longer than dagrunTimeout (timed_out)",
};

export function createNotifier(
  platform: Pick<Platform, "metadata" | "secrets" | "encryptionKeys" | "clock">,
  { slackWebhook, uiUrl }: NotifierOptions = {},
): Notifier {
  const { metadata, clock } = platform;
  const lookUp = createLookUp(platform);

  async function findWebhook(): Promise<string | undefined> {
    const connection = await lookUp.getConnection(CONNECTION);
    return (connection && webhookUrl(connection)) ?? slackWebhook;
  }

  /** Who has claimed an event sends it; a claim whose holder died ends by itself. */
  async function claim(key: TaskInstanceKey, name: string): Promise<string | undefined> {
    const known = await metadata.taskStates.get(key, name);
    if (known === SENT) return undefined;
    const claimed = `${SENDING}${new Date(clock.now() + LEASE_MS).toISOString()}`;
    const isFree = known === undefined || Date.parse(known.slice(SENDING.length)) <= clock.now();
    if (isFree && (await metadata.taskStates.replace(key, name, { from: known, to: claimed }))) {
      return claimed;
    }
    throw new Error("The notification is being sent by another notifier");
  }

  return {
    async notify(event) {
      const webhook = await findWebhook();
      if (webhook === undefined) return;
      const key = instanceKey(event, event.kind === "task-failed" ? event : { taskId: "" });
      const name = `${OWN_STATES}${event.id}`;
      const claimed = await claim(key, name);
      if (claimed === undefined) return;
      try {
        await postToSlack(webhook, toText(event, uiUrl));
      } catch (problem) {
        await metadata.taskStates.put(key, name, undefined);
        throw problem;
      }
      await metadata.taskStates.replace(key, name, { from: claimed, to: SENT });
    },
  };
}

function toText(event: FailureEvent, uiUrl: string | undefined): string {
  const text = linesOf(event).map(escapeSlack).join("\n");
  return uiUrl === undefined ? text : `${text}\n<${linkTo(event, uiUrl)}|Open in Stepwind>`;
}

function linesOf(event: FailureEvent): readonly string[] {
  const { dagId, runId } = event;
  switch (event.kind) {
    case "task-failed":
      return [
        `:red_circle: Task \`${event.taskId}\` of DAG \`${dagId}\` failed`,
        `Run: ${runId}`,
        `Try: ${event.tryNumber}`,
        `Message: ${shorten(event.message)}`,
      ];
    case "run-failed":
      return [
        `:red_circle: A run of DAG \`${dagId}\` failed: ${REASONS[event.reason]}`,
        `Run: ${runId}`,
      ];
    case "deadline-missed":
      return [
        `:alarm_clock: A run of DAG \`${dagId}\` has missed its deadline`,
        `Run: ${runId}`,
        ...(event.name === undefined ? [] : [`Deadline: ${event.name}`]),
        `It was to succeed by: ${event.deadlineTime}`,
      ];
  }
}

function linkTo(event: FailureEvent, uiUrl: string): string {
  const parts = ["dags", event.dagId, "runs", event.runId];
  if (event.kind === "task-failed") parts.push("tasks", event.taskId);
  return `${uiUrl.replace(/\/+$/, "")}/${parts.map(encodeURIComponent).join("/")}`;
}

function shorten(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE)} …`;
}
