// Posts text to a Slack incoming webhook, whose address an Airflow connection holds.
import type { Connection } from "../../model/task-services.ts";

const DEFAULT_HOST = "hooks.slack.com/services";
const TIMEOUT_MS = 10_000;

/**
 * The webhook's URL; undefined when the connection has none (Airflow: providers/slack,
 * SlackWebhookHook: the password is the whole URL or the path below host and schema).
 * `extra.webhook_url` is taken as well.
 */
export function webhookUrl(connection: Connection): string | undefined {
  const { host = DEFAULT_HOST, schema = "https", port, password = "", extra } = connection;
  const token = password.trim();
  if (token === "") return typeof extra?.webhook_url === "string" ? extra.webhook_url : undefined;
  if (token.includes("://")) return token;
  const base = host.includes("://") ? host : `${schema}://${host}`;
  const origin = port === undefined ? base : `${base}:${port}`;
  return `${origin.replace(/\/+$/, "")}/${token.replace(/^\/+/, "")}`;
}

/** Throws when Slack doesn't take it; the message never holds the URL, which is a secret. */
export async function postToSlack(url: string, text: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new Error(`Slack's webhook could not be reached: ${reasonOf(error)}`);
  }
  const answer = (await response.text().catch(() => "")).slice(0, 200);
  if (!response.ok) throw new Error(`Slack's webhook answered ${response.status}: ${answer}`);
}

/** Slack: formatting text for app surfaces, "Escaping text". */
export function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** What fetch threw says nothing by itself; its cause does, by a code that names no URL. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause } = error;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return error.name === "TimeoutError" ? `no answer in ${TIMEOUT_MS / 1_000} s` : error.name;
}
