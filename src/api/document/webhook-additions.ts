// Webhooks in the API's document: ours alone.

type Part = Readonly<Record<string, unknown>>;
type Answers = (schema: string, refusals: readonly number[]) => Part;

const DAG_ID: Part = { name: "dag_id", in: "path", required: true, schema: { type: "string" } };
const WEBHOOK_ID: Part = { ...DAG_ID, name: "webhook_id" };

export function webhookPaths(answers: Answers): Readonly<Record<string, Part>> {
  const withoutSuccess = Object.fromEntries(
    Object.entries(answers("WebhookResponse", [404])).filter(([status]) => status !== "200"),
  );
  return {
    "/api/v2/dags/{dag_id}/webhooks": {
      get: {
        tags: ["Webhook"],
        summary: "Get Webhooks",
        operationId: "get_webhooks",
        parameters: [DAG_ID],
        responses: answers("WebhookCollectionResponse", [404]),
      },
      post: {
        tags: ["Webhook"],
        summary: "Create Webhook",
        description: "Makes an address that triggers the DAG without a log-in. It is told once.",
        operationId: "create_webhook",
        parameters: [DAG_ID],
        requestBody: {
          required: true,
          content: { "application/json": { schema: { $ref: "#/components/schemas/WebhookBody" } } },
        },
        responses: answers("CreatedWebhookResponse", [404]),
      },
    },
    "/api/v2/dags/{dag_id}/webhooks/{webhook_id}": {
      delete: {
        tags: ["Webhook"],
        summary: "Revoke Webhook",
        operationId: "revoke_webhook",
        parameters: [DAG_ID, WEBHOOK_ID],
        responses: { "204": { description: "Successful Response" }, ...withoutSuccess },
      },
    },
    "/webhooks/{dag_id}/{token}": {
      post: {
        tags: ["Webhook"],
        summary: "Call Webhook",
        description:
          "Triggers the DAG. A JSON object or a form becomes the run's conf; any other body is in " +
          "it as `payload`. Calls with the same `Idempotency-Key` header trigger one run.",
        operationId: "call_webhook",
        parameters: [DAG_ID, { ...DAG_ID, name: "token" }],
        responses: answers("WebhookCallResponse", [400, 404]),
      },
    },
  };
}

const TEXT: Part = { type: "string" };
const WEBHOOK: Part = {
  webhook_id: TEXT,
  dag_id: TEXT,
  name: TEXT,
  created_at: { type: "string", format: "date-time" },
  created_by: { anyOf: [TEXT, { type: "null" }] },
};

export const WEBHOOK_SCHEMAS: Readonly<Record<string, Part>> = {
  WebhookBody: {
    type: "object",
    additionalProperties: false,
    required: ["name"],
    properties: {
      name: {
        type: "string",
        minLength: 1,
        maxLength: 100,
        description: "Who calls it, for people; runs that it triggers name it.",
      },
    },
  },
  WebhookResponse: { type: "object", required: Object.keys(WEBHOOK), properties: WEBHOOK },
  CreatedWebhookResponse: {
    type: "object",
    required: [...Object.keys(WEBHOOK), "path"],
    properties: {
      ...WEBHOOK,
      path: { type: "string", description: "Of the address to call, with its secret token." },
    },
  },
  WebhookCollectionResponse: {
    type: "object",
    required: ["webhooks", "total_entries"],
    properties: {
      webhooks: { type: "array", items: { $ref: "#/components/schemas/WebhookResponse" } },
      total_entries: { type: "integer" },
    },
  },
  WebhookCallResponse: {
    type: "object",
    required: ["dag_id", "dag_run_id", "state"],
    properties: { dag_id: TEXT, dag_run_id: TEXT, state: TEXT },
  },
};
