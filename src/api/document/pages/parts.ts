// Words in which the additions below `/ui/` are written: short forms of JSON schema and OpenAPI.

export type Part = Readonly<Record<string, unknown>>;

/** A success with the schema, and the refusals that an operation may answer. */
export type Answers = (schema: string, refusals: readonly number[]) => Part;

export const TEXT: Part = { type: "string" };
export const COUNT: Part = { type: "integer", minimum: 0 };
export const FLAG: Part = { type: "boolean" };
export const MOMENT: Part = { type: "string", format: "date-time" };
export const SECONDS: Part = { type: "number", description: "Seconds." };
export const JSON_OBJECT: Part = { type: "object", additionalProperties: true };

export const ref = (name: string): Part => ({ $ref: `#/components/schemas/${name}` });
export const nullable = (schema: Part): Part => ({ anyOf: [schema, { type: "null" }] });
export const list = (items: Part): Part => ({ type: "array", items });
export const record = (values: Part): Part => ({ type: "object", additionalProperties: values });
export const one = (...values: readonly string[]): Part => ({ type: "string", enum: values });
export const said = (schema: Part, description: string): Part => ({ ...schema, description });

/** An object of these properties, all of which it has. */
export function object(properties: Readonly<Record<string, Part>>, description?: string): Part {
  const required = Object.keys(properties);
  return {
    type: "object",
    ...(description === undefined ? {} : { description }),
    required,
    properties,
  };
}

export interface GetParts {
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly Part[];
  readonly responses: Part;
}

/** A GET below `/ui/`. */
export function get(operationId: string, { parameters = [], ...parts }: GetParts): Part {
  return {
    get: {
      tags: ["UI"],
      operationId,
      security: [{ OAuth2PasswordBearer: [] }, { HTTPBearer: [] }],
      ...(parameters.length > 0 ? { parameters } : {}),
      ...parts,
    },
  };
}

export const inPath = (name: string, schema: Part = TEXT): Part => ({
  name,
  in: "path",
  required: true,
  schema,
});

export const inQuery = (name: string, schema: Part, description?: string): Part => ({
  name,
  in: "query",
  schema,
  ...(description === undefined ? {} : { description }),
});

export const DAG_ID = inPath("dag_id");
export const RUN_STATE: Part = one("queued", "running", "success", "failed");
export const TASK_STATE: Part = nullable(TEXT);
