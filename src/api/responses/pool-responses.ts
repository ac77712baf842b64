// Pools as Airflow answers them, and as the event log has them.
import type { PoolRecord } from "../../model/records.ts";
import type { PoolState } from "../../services/limits/pools.ts";

/** What people have given the pool. */
export function toAuditedPool({ pool, slots, description, includeDeferred }: PoolRecord) {
  return {
    name: pool,
    slots,
    description: description ?? null,
    include_deferred: includeDeferred,
  };
}

/** `open_slots` of a pool without a limit is -1, as its slots are. */
export function toWirePool({ pool, usage }: PoolState) {
  const { slots, description = null, includeDeferred } = pool;
  const { running, queued, scheduled, deferred } = usage;
  const occupied = running + queued + (includeDeferred ? deferred : 0);
  return {
    name: pool.pool,
    slots,
    description,
    include_deferred: includeDeferred,
    occupied_slots: occupied,
    running_slots: running,
    queued_slots: queued,
    scheduled_slots: scheduled,
    open_slots: slots < 0 ? -1 : slots - occupied,
    deferred_slots: deferred,
    team_name: null,
  };
}
