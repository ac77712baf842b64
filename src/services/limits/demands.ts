// What an instance needs of the limits that concern it, by its version's document and the pools as
// they are now.
import { DEFAULT_POOL, type LimitName, limitNameText } from "../../model/ids.ts";
import type { PoolRecord } from "../../model/records.ts";
import {
  demandOf,
  type LimitDemand,
  type LimitProblem,
  limitsOf,
} from "../../model/scheduling/limits.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Versions } from "../dag-processing/versions.ts";
import type { InstanceScope } from "../tasks/verdicts.ts";

/** What limits are looked after with. */
export type LimitsContext = Pick<Platform, "clock" | "logs" | "report" | "triggers"> & {
  readonly metadata: Pick<Platform["metadata"], "limits" | "pools" | "runs" | "taskInstances">;
  readonly versions: Pick<Versions, "get">;
};

/** How long it counts that there is no limit for tasks without a pool of their own, in ms. */
const DEFAULT_POOL_MS = 60_000;

export interface Demands {
  readonly demands: readonly LimitDemand[];
  /** Why the instance can't start as things are. */
  readonly problem?: LimitProblem;
}

export interface DemandReader {
  /** The limits that concern the instance; for a plain task nothing is read. */
  limitsOf(instance: InstanceScope): Promise<readonly LimitName[]>;
  read(names: readonly LimitName[], instance: InstanceScope): Promise<Demands>;
  /** The pool has changed. */
  forget(pool: string): void;
}

/**
 * Whether the default pool has a limit is asked at most once a minute; a process that changes pools
 * knows at once.
 */
export function createDemandReader({
  metadata,
  clock,
}: Pick<Platform, "clock"> & {
  readonly metadata: Pick<Platform["metadata"], "pools">;
}): DemandReader {
  let known: { readonly hasLimit: boolean; readonly at: number } | undefined;

  async function hasDefaultPool(): Promise<boolean> {
    const now = clock.now();
    if (!known || now - known.at >= DEFAULT_POOL_MS) {
      const pool = await metadata.pools.get(DEFAULT_POOL);
      known = { hasLimit: pool !== undefined && pool.slots >= 0, at: now };
    }
    return known.hasLimit;
  }

  return {
    async limitsOf({ version: { document }, task, run: { runId } }) {
      const hasLimit = task.pool === undefined && (await hasDefaultPool());
      return limitsOf(document, task, { runId, hasDefaultPool: hasLimit });
    },
    async read(names, { version: { document }, task }) {
      const pools = new Map<string, PoolRecord>();
      for (const name of names) {
        const pool = name.kind === "pool" ? await metadata.pools.get(name.pool) : undefined;
        if (pool) pools.set(pool.pool, pool);
      }
      const findPool = (pool: string) =>
        pools.get(pool) ?? (pool === DEFAULT_POOL ? UNLIMITED_DEFAULT_POOL : undefined);
      const found = names.map((name) => demandOf(name, { document, task, findPool }));
      const problem = found.find((each): each is LimitProblem => "problem" in each);
      const demands = found.filter((each): each is LimitDemand => !("problem" in each));
      return problem ? { demands, problem } : { demands };
    },
    forget(pool) {
      if (pool === DEFAULT_POOL) known = undefined;
    },
  };
}

/** Airflow's has 128 slots; here nothing needs to be kept from too many tasks at once. */
export const UNLIMITED_DEFAULT_POOL: PoolRecord = {
  pool: DEFAULT_POOL,
  slots: -1,
  description: "Default pool",
  includeDeferred: false,
};

/** The text of the limit that a pool is. */
export function poolLimit(pool: string): string {
  return limitNameText({ kind: "pool", pool });
}
