// JSON values: all that travels between tasks, and from DAG code to the rest of the product.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}
