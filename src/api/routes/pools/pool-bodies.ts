// What requests about pools have in their bodies.
import { z } from "zod";

const SLOTS = z.int().min(-1);
const DESCRIPTION = z.string().nullish();
/** Airflow's teams, which are not here: taken, and left alone. */
const TEAM = z.string().max(50).nullish();

export const POOL_BODY = z.strictObject({
  name: z.string().min(1).max(256),
  slots: SLOTS,
  description: DESCRIPTION,
  include_deferred: z.boolean().default(false),
  team_name: TEAM,
});
export type PoolBody = z.output<typeof POOL_BODY>;

export const POOL_PATCH_BODY = z.strictObject({
  pool: z.string().nullish(),
  slots: SLOTS.nullish(),
  description: DESCRIPTION,
  include_deferred: z.boolean().nullish(),
  team_name: TEAM,
});
export type PoolPatchBody = z.output<typeof POOL_PATCH_BODY>;
