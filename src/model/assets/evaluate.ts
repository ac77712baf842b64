// Whether a DAG that is scheduled on assets has a run now, and which (Airflow:
// assets/evaluation.py, models/dag.py dags_needing_dagruns).
import { assetTargetText } from "../ids.ts";
import type { AssetCondition, AssetItem } from "./documents.ts";
import type { QueuedAssetEvent } from "./records.ts";
import { targetOf } from "./references.ts";

/** Assets that an alias or a reference stands for now, by `assetTargetText`. */
export type ResolvedAssets = ReadonlyMap<string, readonly number[]>;

/** An alias counts when any of its assets does, a reference when its asset does. */
export function isConditionMet(
  condition: AssetCondition,
  queued: ReadonlySet<number>,
  resolved: ResolvedAssets,
): boolean {
  if ("conditions" in condition) {
    const isMet = (part: AssetCondition) => isConditionMet(part, queued, resolved);
    return condition.kind === "all"
      ? condition.conditions.every(isMet)
      : condition.conditions.some(isMet);
  }
  return assetIdsOf(condition, resolved).some((id) => queued.has(id));
}

function assetIdsOf(item: AssetItem, resolved: ResolvedAssets): readonly number[] {
  const target = targetOf(item);
  if (target.kind === "asset") return [target.id];
  return resolved.get(assetTargetText(target)) ?? [];
}

/**
 * The event that makes a run of the DAG due: the newest of those queued, where they meet the
 * condition (Airflow: triggered_date). Undefined if they don't; what came during a pause counts for
 * nothing.
 */
export function triggeringEvent(
  condition: AssetCondition,
  events: readonly QueuedAssetEvent[],
  resolved: ResolvedAssets,
): QueuedAssetEvent | undefined {
  const active = events.filter(({ isPassive }) => !isPassive);
  const queued = new Set(active.map(({ assetId }) => assetId));
  if (!isConditionMet(condition, queued, resolved)) return undefined;
  return active.toSorted((a, b) => (a.key < b.key ? -1 : 1)).at(-1);
}
