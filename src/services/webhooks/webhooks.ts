// Webhooks of DAGs: making, listing and revoking them, and what a call of one does.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import {
  formatWebhookSecret,
  parseWebhookSecret,
  type WebhookRecord,
  webhookKey,
} from "../../model/access/webhooks.ts";
import type { DagRunRecord } from "../../model/records.ts";
import type { JsonObject } from "../../model/values/json.ts";
import { toIso } from "../../model/values/time.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { RequestRefused } from "../request-refused.ts";
import type { RunControl } from "../runs/run-control.ts";

export interface NewWebhook {
  readonly dagId: string;
  readonly name: string;
  /** Who makes it; null when nobody is known. */
  readonly createdBy: string | null;
}

export interface MadeWebhook {
  readonly webhook: WebhookRecord;
  /** Told once: only its hash is stored. */
  readonly secret: string;
}

export interface WebhookCall {
  readonly dagId: string;
  readonly secret: string;
  readonly conf: JsonObject;
  /** Calls with the same key trigger one run. */
  readonly idempotencyKey?: string;
}

type Context = Pick<Platform, "metadata" | "clock">;

const ID_BYTES = 6;
const TOKEN_BYTES = 32;

/** Refused when the DAG is not there. */
export async function createWebhook(
  { metadata, clock }: Context,
  { dagId, name, createdBy }: NewWebhook,
): Promise<MadeWebhook> {
  if (!(await metadata.dags.get(dagId))) {
    throw new RequestRefused("not-found", `The Dag with ID: \`${dagId}\` was not found`);
  }
  const id = randomBytes(ID_BYTES).toString("base64url");
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const webhook: WebhookRecord = {
    dagId,
    id,
    name,
    hash: hashOf(token).toString("base64url"),
    createdAt: toIso(clock.now()),
    ...(createdBy === null ? {} : { createdBy }),
  };
  await metadata.webhooks.put(webhook);
  return { webhook, secret: formatWebhookSecret({ id, token }) };
}

/** Those of the DAG. */
export async function listWebhooks(
  { metadata }: Pick<Context, "metadata">,
  dagId: string,
): Promise<readonly WebhookRecord[]> {
  const prefix = webhookKey({ dagId, id: "" });
  const found: WebhookRecord[] = [];
  for await (const each of itemsOf((page) => metadata.webhooks.list({ ...page, prefix }))) {
    found.push(each);
  }
  return found;
}

/** Answers what there was; refused when there is none of the id. */
export async function revokeWebhook(
  { metadata }: Pick<Context, "metadata">,
  { dagId, id }: Pick<WebhookRecord, "dagId" | "id">,
): Promise<WebhookRecord> {
  const key = webhookKey({ dagId, id });
  const found = await metadata.webhooks.get(key);
  if (!found) {
    throw new RequestRefused("not-found", `DAG \`${dagId}\` has no webhook with ID: \`${id}\``);
  }
  await metadata.webhooks.delete(key);
  return found;
}

/**
 * Triggers a run. A call with the key of an earlier one answers that one's run. Refused for a
 * secret that is wrong or revoked, with the same words as for a DAG that is not there.
 */
export async function callWebhook(
  { metadata }: Pick<Context, "metadata">,
  runControl: Pick<RunControl, "trigger">,
  { dagId, secret, conf, idempotencyKey }: WebhookCall,
): Promise<DagRunRecord> {
  const given = parseWebhookSecret(secret);
  const webhook = given && (await metadata.webhooks.get(webhookKey({ dagId, id: given.id })));
  if (!given || !webhook || !isRight(given.token, webhook.hash)) {
    throw new RequestRefused("not-found", "There is no such webhook, or it was revoked");
  }
  const runId =
    idempotencyKey === undefined
      ? undefined
      : `webhook__${hashOf(JSON.stringify([webhook.id, idempotencyKey])).toString("base64url")}`;
  const earlier = runId === undefined ? undefined : await metadata.runs.get(dagId, runId);
  if (earlier) return earlier;
  return runControl.trigger({
    dagId,
    logicalDate: null,
    conf,
    ...(runId === undefined ? {} : { runId }),
    triggeredBy: "rest_api",
    triggeringUserName: `webhook ${webhook.name}`,
  });
}

function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function isRight(token: string, hash: string): boolean {
  const wanted = Buffer.from(hash, "base64url");
  const given = hashOf(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
