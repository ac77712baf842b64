// Pools, as people set them: the API server and the CLI go through it (Airflow: models/pool.py).
import { DEFAULT_POOL } from "../../model/ids.ts";
import type { PoolRecord } from "../../model/records.ts";
import type { LimitUsage } from "../../model/scheduling/limits.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { RequestRefused } from "../request-refused.ts";
import { poolLimit, UNLIMITED_DEFAULT_POOL } from "./demands.ts";
import type { Limits } from "./limits.ts";

export interface PoolsContext {
  readonly metadata: Pick<Platform["metadata"], "limits" | "pools">;
  readonly limits: Pick<Limits, "poolChanged">;
}

/** A pool and the slots of it that are in use. */
export interface PoolState {
  readonly pool: PoolRecord;
  readonly usage: LimitUsage;
}

/** What is to be changed of a pool. */
export type PoolChange = Partial<Omit<PoolRecord, "pool">>;

/** All pools by name; the default pool is there whether it was set or not. */
export async function listPools({ metadata }: PoolsContext): Promise<readonly PoolRecord[]> {
  const pools: PoolRecord[] = [];
  for await (const { revision: _, ...pool } of itemsOf(metadata.pools.list)) pools.push(pool);
  if (!pools.some(({ pool }) => pool === DEFAULT_POOL)) pools.push(UNLIMITED_DEFAULT_POOL);
  return pools.sort((a, b) => (a.pool < b.pool ? -1 : 1));
}

/** The default pool is there whether it was set or not. */
export async function findPool(
  { metadata }: PoolsContext,
  name: string,
): Promise<PoolRecord | undefined> {
  const stored = await metadata.pools.get(name);
  if (!stored) return name === DEFAULT_POOL ? UNLIMITED_DEFAULT_POOL : undefined;
  const { revision: _, ...pool } = stored;
  return pool;
}

/** Throws RequestRefused when there is none. */
export async function getPool(context: PoolsContext, name: string): Promise<PoolRecord> {
  const pool = await findPool(context, name);
  if (pool) return pool;
  throw new RequestRefused("not-found", `The Pool with name: \`${name}\` was not found`);
}

/** The pool with the slots in use. Tasks of a default pool without a limit are not counted. */
export async function stateOf({ metadata }: PoolsContext, pool: PoolRecord): Promise<PoolState> {
  return { pool, usage: await metadata.limits.usage(poolLimit(pool.pool)) };
}

/** Makes a pool, for whose slots tasks may wait already; refused when there is one of the name. */
export async function createPool(context: PoolsContext, pool: PoolRecord): Promise<void> {
  const isDefault = pool.pool === DEFAULT_POOL;
  const isNew = !isDefault && (await context.metadata.pools.put(pool, { revision: "" }));
  if (!isNew) {
    throw new RequestRefused("conflict", `The Pool with name: \`${pool.pool}\` already exists`);
  }
  await context.limits.poolChanged(pool.pool);
}

/** Makes the pool, or replaces it. Repeating is safe. */
export async function setPool(context: PoolsContext, pool: PoolRecord): Promise<void> {
  await context.metadata.pools.put(pool);
  await context.limits.poolChanged(pool.pool);
}

/** Answers the pool as changed. More slots go at once to those who wait for some. */
export async function changePool(
  context: PoolsContext,
  name: string,
  change: PoolChange,
): Promise<PoolRecord> {
  if (name === DEFAULT_POOL && change.description !== undefined) {
    throw new RequestRefused(
      "invalid",
      "Only slots and included_deferred can be modified on Default Pool",
    );
  }
  const changed = { ...(await getPool(context, name)), ...change };
  await setPool(context, changed);
  return changed;
}

/** Tasks of a pool that is gone do not start until there is one of its name again. */
export async function deletePool(context: PoolsContext, name: string): Promise<void> {
  if (name === DEFAULT_POOL) throw new RequestRefused("invalid", "Default Pool can't be deleted");
  await getPool(context, name);
  await context.metadata.pools.delete(name);
  await context.limits.poolChanged(name);
}
