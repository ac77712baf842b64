// JSON values: all that travels between tasks, and from DAG code to the rest of the product.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** Python's truth of a JSON value: null, false, 0, "", [] and {} are false. */
export function isTruthy(value: Json): boolean {
  if (typeof value !== "object" || value === null) return Boolean(value);
  return Object.keys(value).length > 0;
}
