// Webhooks: addresses that trigger a DAG without a log-in.
import type { Context } from "hono";
import type { WebhookRecord } from "../../../model/access/webhooks.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import {
  callWebhook,
  createWebhook,
  listWebhooks,
  revokeWebhook,
} from "../../../services/webhooks/webhooks.ts";
import { toAuditedRun } from "../../audit/audited-runs.ts";
import { type ApiEnv, dagOf } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest } from "../../problems.ts";
import { toWireDate } from "../../responses/wire.ts";

const FORM = "application/x-www-form-urlencoded";
/** By which systems say that a call is a repeated one. */
const IDEMPOTENCY_KEYS = ["idempotency-key", "x-github-delivery"];

export const webhookOperations: Operations = (context) => {
  const { platform, services } = context;
  return [
    operation("get_webhooks", {
      permission: "POST dag.run",
      async handle({ path: { dag_id: dagId } }) {
        await dagOf(context, dagId);
        const webhooks = (await listWebhooks(platform, dagId)).map(toResponse);
        return { webhooks, total_entries: webhooks.length };
      },
    }),

    operation("create_webhook", {
      permission: "POST dag.run",
      async handle({ path: { dag_id: dagId }, body: { name }, c, changed }) {
        const made = { dagId, name, createdBy: c.var.principal.name };
        const { webhook, secret } = await createWebhook(platform, made);
        changed(undefined, toResponse(webhook));
        const path = `/webhooks/${encodeURIComponent(dagId)}/${secret}`;
        return { ...toResponse(webhook), path };
      },
    }),

    operation("revoke_webhook", {
      permission: "POST dag.run",
      async handle({ path: { dag_id: dagId, webhook_id: id }, changed }) {
        changed(toResponse(await revokeWebhook(platform, { dagId, id })), undefined);
        return undefined;
      },
    }),

    operation("call_webhook", {
      permission: "open",
      async handle({ path: { dag_id: dagId, token: secret }, c, changed }) {
        const key = IDEMPOTENCY_KEYS.map((name) => c.req.header(name)).find(Boolean);
        const run = await callWebhook(platform, services.runControl, {
          dagId,
          secret,
          conf: await readConf(c),
          ...(key === undefined ? {} : { idempotencyKey: key }),
        });
        changed(undefined, toAuditedRun(run));
        return { dag_id: dagId, dag_run_id: run.runId, state: run.state };
      },
    }),
  ];
};

/** Whatever a system sends, as the conf of a run. */
async function readConf(c: Context<ApiEnv>): Promise<JsonObject> {
  const text = await c.req.text();
  if (text === "") return {};
  const type = c.req.header("content-type") ?? "";
  if (type.startsWith(FORM)) return Object.fromEntries(new URLSearchParams(text));
  if (!/\bjson\b/.test(type)) return { payload: text };
  try {
    const value = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value : { payload: value };
  } catch {
    throw new InvalidRequest([{ type: "json_invalid", loc: ["body"], msg: "JSON decode error" }]);
  }
}

function toResponse({ id, dagId, name, createdAt, createdBy }: WebhookRecord) {
  return {
    webhook_id: id,
    dag_id: dagId,
    name,
    created_at: toWireDate(createdAt),
    created_by: createdBy ?? null,
  };
}
