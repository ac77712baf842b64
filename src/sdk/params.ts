// Params of a DAG: values that the trigger of a run may change, checked against a JSON schema.
import type { Json, JsonObject } from "../model/values/json.ts";

const PARAM = Symbol.for("stepwind.param");

/** A param with its schema, as `param` makes it. */
export interface Param {
  readonly [PARAM]: true;
  readonly default?: Json;
  readonly schema: JsonObject;
  readonly description?: string;
}

/**
 * A param with a JSON schema (draft 2020-12) for its value (Airflow: Param).
 * A default of `undefined` means that the trigger of the run must give a value.
 *
 * ```ts
 * new Dag("load", { params: { days: param(7, { type: "integer", minimum: 1 }), region: "eu" } });
 * ```
 */
export function param(defaultValue: Json | undefined, schema: JsonObject = {}): Param {
  const { description, ...rest } = schema;
  return {
    [PARAM]: true,
    schema: rest,
    ...(defaultValue === undefined ? {} : { default: defaultValue }),
    ...(typeof description === "string" ? { description } : {}),
  };
}

/** Whether the value was made by `param`, also by another copy of the SDK. */
export function isParam(value: unknown): value is Param {
  return typeof value === "object" && value !== null && PARAM in value;
}
