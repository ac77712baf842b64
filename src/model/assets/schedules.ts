// The two halves of a schedule: when runs are due by time, and which assets they wait for.
import type { Schedule, TimeSchedule } from "../document.ts";
import type { AssetCondition, AssetItem } from "./documents.ts";

/** The part of a schedule that follows the clock; none where only assets count. */
export function timeScheduleOf(schedule: Schedule): TimeSchedule {
  if (schedule.kind === "assets" || schedule.kind === "partitioned-assets") return { kind: "none" };
  return schedule.kind === "asset-or-time" ? schedule.time : schedule;
}

/** The condition on assets; undefined for a schedule that only follows the clock. */
export function assetConditionOf(schedule: Schedule): AssetCondition | undefined {
  return "condition" in schedule ? schedule.condition : undefined;
}

/** Assets, aliases and references of a condition, in the order written. */
export function itemsOfCondition(condition: AssetCondition): readonly AssetItem[] {
  return "conditions" in condition ? condition.conditions.flatMap(itemsOfCondition) : [condition];
}
