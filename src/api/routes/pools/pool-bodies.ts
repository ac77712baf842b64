// What requests about pools have in their bodies. Airflow's teams are not here: taken, and left
// alone.
import type { PoolRecord } from "../../../model/records.ts";
import type { Schema } from "../../document/shapes.ts";
import { InvalidRequest } from "../../problems.ts";

/** What `update_mask` may name. */
export const POOL_FIELDS = ["slots", "description", "include_deferred"] as const;

/** Refuses a pool without a name; `place` is where the name stands in the body. */
export function toPool(
  { name, slots, description, include_deferred: includeDeferred = false }: Schema<"PoolBody">,
  ...place: readonly (string | number)[]
): PoolRecord {
  if (name === "") {
    const msg = "String should have at least 1 character";
    const loc = ["body", ...place];
    throw new InvalidRequest([{ type: "string_too_short", loc, msg, input: name }]);
  }
  return {
    pool: name,
    slots,
    includeDeferred,
    ...(description == null ? {} : { description }),
  };
}
