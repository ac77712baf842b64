// What the API has beyond Airflow's document: operations of its own, and fields that Airflow's
// bodies don't have. Written as OpenAPI, merged into Airflow's document by scripts/generate-api.ts.

import { ACCESS_SCHEMAS, accessPaths } from "./access-additions.ts";
import { UI_SCHEMAS, uiPaths } from "./pages/ui-additions.ts";
import { STORED_SCHEMAS, storedPaths } from "./stored-additions.ts";
import { WEBHOOK_SCHEMAS, webhookPaths } from "./webhook-additions.ts";

type Part = Readonly<Record<string, unknown>>;

interface ParameterPart {
  readonly name: string;
  readonly in: "query";
  readonly schema: { readonly type: string };
  readonly description: string;
}

export interface Additions {
  /** By path, then by method. */
  readonly paths: Readonly<Record<string, Part>>;
  /** Schemas of our own. */
  readonly schemas: Readonly<Record<string, Part>>;
  /** Fields that Airflow's schemas have here besides their own, by schema. */
  readonly properties: Readonly<Record<string, Part>>;
  /** Query parameters that Airflow's operations have here besides their own, by operation. */
  readonly parameters: Readonly<Record<string, readonly ParameterPart[]>>;
  /** Fields that Airflow's bodies need, and ours don't, by schema. */
  readonly optional: Readonly<Record<string, readonly string[]>>;
}

const nullable = (schema: Part): Part => ({ anyOf: [schema, { type: "null" }] });
const ref = (name: string): Part => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string): Part => ({ "application/json": { schema: ref(name) } });
const jsonBody = (name: string): Part => ({ required: true, content: json(name) });

/** A success with the schema, and the refusals that an operation may answer. */
function answers(schema: string, refusals: readonly number[]): Part {
  const refused = [401, 403, ...refusals].map((status) => [
    status,
    { description: REASONS[status], content: json("HTTPExceptionResponse") },
  ]);
  return {
    "200": { description: "Successful Response", content: json(schema) },
    ...Object.fromEntries(refused),
    "422": { description: "Validation Error", content: json("HTTPValidationError") },
  };
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
};

const BACKFILL_ID: Part = {
  name: "backfill_id",
  in: "path",
  required: true,
  schema: { type: "integer", minimum: 0 },
};
const PAGE_PARAMETERS: readonly Part[] = [
  { name: "limit", in: "query", schema: { type: "integer", minimum: 0, default: 50 } },
  { name: "offset", in: "query", schema: { type: "integer", minimum: 0, default: 0 } },
];

const NEW_CONF: Part = {
  type: "object",
  additionalProperties: true,
  description: "Takes the place of the run's conf.",
};

export const ADDITIONS: Additions = {
  paths: {
    ...storedPaths(answers),
    ...webhookPaths(answers),
    ...accessPaths(answers),
    ...uiPaths(answers),
    "/api/v2/db/clean": {
      post: {
        tags: ["Upkeep"],
        summary: "Clean History",
        description:
          "Removes old history, for as long as a request may take; go on with `after` until `is_done`.",
        operationId: "clean_history",
        requestBody: jsonBody("CleanHistoryBody"),
        responses: answers("CleanHistoryResponse", [400]),
      },
    },
    "/api/v2/backfills/{backfill_id}/progress": {
      get: {
        tags: ["Backfill"],
        summary: "Get Backfill Progress",
        description: "How far the backfill has got.",
        operationId: "get_backfill_progress",
        parameters: [BACKFILL_ID],
        responses: answers("BackfillProgressResponse", [404]),
      },
    },
    "/api/v2/backfills/{backfill_id}/skipped_dates": {
      get: {
        tags: ["Backfill"],
        summary: "Get Backfill Skipped Dates",
        description: "The dates that the backfill has left out, and why.",
        operationId: "get_backfill_skipped_dates",
        parameters: [BACKFILL_ID, ...PAGE_PARAMETERS],
        responses: answers("BackfillSkippedDateCollectionResponse", [404]),
      },
    },
  },
  schemas: {
    ...STORED_SCHEMAS,
    ...WEBHOOK_SCHEMAS,
    ...ACCESS_SCHEMAS,
    ...UI_SCHEMAS,
    CleanHistoryBody: {
      type: "object",
      additionalProperties: false,
      required: ["clean_before_timestamp"],
      properties: {
        clean_before_timestamp: { type: "string", description: "An ISO 8601 date in the past." },
        tables: { type: "array", items: { type: "string" } },
        dag_ids: { type: "array", items: { type: "string" } },
        dry_run: { type: "boolean", default: false },
        after: { type: "string", description: "Of the answer before." },
      },
    },
    CleanHistoryResponse: {
      type: "object",
      required: ["counts", "is_done", "after"],
      properties: {
        counts: { type: "object", additionalProperties: { type: "integer" } },
        is_done: { type: "boolean" },
        after: nullable({ type: "string" }),
      },
    },
    BackfillProgressResponse: {
      type: "object",
      required: ["id", "total_dates", "dealt_with", "active_runs", "skipped", "is_cancelled"],
      properties: {
        id: { type: "integer", minimum: 0 },
        total_dates: { type: "integer" },
        dealt_with: { type: "integer" },
        active_runs: { type: "integer" },
        skipped: {
          type: "object",
          description: "How many dates were left out, by reason.",
          additionalProperties: { type: "integer" },
        },
        is_cancelled: { type: "boolean" },
      },
    },
    BackfillSkippedDateResponse: {
      type: "object",
      required: ["sort_ordinal", "logical_date", "partition_key", "exception_reason"],
      properties: {
        sort_ordinal: { type: "integer" },
        logical_date: nullable({ type: "string", format: "date-time" }),
        partition_key: nullable({ type: "string" }),
        exception_reason: { type: "string" },
      },
    },
    BackfillSkippedDateCollectionResponse: {
      type: "object",
      required: ["skipped_dates", "total_entries"],
      properties: {
        skipped_dates: { type: "array", items: ref("BackfillSkippedDateResponse") },
        total_entries: { type: "integer" },
      },
    },
    DiagnosticResponse: {
      type: "object",
      description: "One mistake of a DAG file.",
      required: ["code", "severity", "dag_id", "task_id", "file", "line", "message", "hint"],
      properties: {
        code: { type: "string" },
        severity: { type: "string", enum: ["error", "warning"] },
        dag_id: nullable({ type: "string" }),
        task_id: nullable({ type: "string" }),
        file: nullable({ type: "string" }),
        line: nullable({ type: "integer" }),
        message: { type: "string" },
        hint: nullable({ type: "string" }),
      },
    },
    FromRun: {
      type: "object",
      description: "The tasks that run, with all below them; what else there is is taken over.",
      additionalProperties: false,
      required: ["dag_run_id", "task_ids"],
      properties: {
        dag_run_id: { type: "string" },
        task_ids: {
          type: "array",
          minItems: 1,
          items: {
            anyOf: [
              { type: "string" },
              {
                type: "array",
                prefixItems: [{ type: "string" }, { type: "integer" }],
                minItems: 2,
                maxItems: 2,
              },
            ],
          },
        },
      },
    },
  },
  properties: {
    DAGResponse: {
      is_favorite: { type: "boolean", description: "Whether the caller has marked it." },
    },
    ImportErrorResponse: {
      diagnostics: { type: "array", items: ref("DiagnosticResponse") },
    },
    DryRunBackfillResponse: {
      action: {
        type: "string",
        enum: ["create", "clear", "in flight", "already exists"],
        description: "With `explain`: what would become of the date.",
      },
    },
    TriggerDAGRunPostBody: { from_run: nullable(ref("FromRun")) },
    DAGRunClearBody: { conf: nullable(NEW_CONF) },
    // Airflow takes the names of states in upper case as well, which its document doesn't say.
    PatchTaskInstanceBody: { new_state: nullable({ type: "string" }) },
    BulkTaskInstanceBody: { new_state: nullable({ type: "string" }) },
  },
  parameters: {
    create_backfill_dry_run: [
      {
        name: "explain",
        in: "query",
        schema: { type: "boolean" },
        description: "Lists all dates, each with what would become of it.",
      },
    ],
  },
  optional: {
    // A run that begins at tasks of another one has that one's.
    TriggerDAGRunPostBody: ["logical_date"],
  },
};
