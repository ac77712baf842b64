// What the API has beyond Airflow's document: operations of its own, and fields that Airflow's
// bodies don't have. Written as OpenAPI, merged into Airflow's document by scripts/generate-api.ts.

type Part = Readonly<Record<string, unknown>>;

export interface Additions {
  /** By path, then by method. */
  readonly paths: Readonly<Record<string, Part>>;
  /** Schemas of our own. */
  readonly schemas: Readonly<Record<string, Part>>;
  /** Fields that Airflow's schemas have here besides their own, by schema. */
  readonly properties: Readonly<Record<string, Part>>;
  /** Fields that Airflow's bodies need, and ours don't, by schema. */
  readonly optional: Readonly<Record<string, readonly string[]>>;
}

const nullable = (schema: Part): Part => ({ anyOf: [schema, { type: "null" }] });
const ref = (name: string): Part => ({ $ref: `#/components/schemas/${name}` });

export const ADDITIONS: Additions = {
  paths: {},
  schemas: {
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
    TriggerDAGRunPostBody: { from_run: nullable(ref("FromRun")) },
    DAGRunClearBody: {
      conf: nullable({
        type: "object",
        additionalProperties: true,
        description: "Takes the place of the run's conf.",
      }),
    },
  },
  optional: {
    // A run that begins at tasks of another one has that one's.
    TriggerDAGRunPostBody: ["logical_date"],
  },
};
