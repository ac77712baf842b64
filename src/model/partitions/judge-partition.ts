// Whether a partition has all that it waits for (Airflow: scheduler_job_runner.py,
// _create_dagruns_for_partitioned_asset_dags).
import { isConditionMet, type ResolvedAssets } from "../assets/evaluate.ts";
import { PythonError } from "../python/errors.ts";
import { mapperOf, type PartitionedAssetSchedule } from "./asset-schedules.ts";
import { carriesPartitionDate, toPartitionDate, toUpstream } from "./map-keys.ts";
import type { PartitionMapper, RollupMapper } from "./mappers.ts";
import { satisfactionOf } from "./wait-policies.ts";

/** An event that has come for a partition. */
export interface PartitionEvent {
  readonly assetId: number;
  /** The event's; they sort by time. */
  readonly key: string;
  /** The asset's partition that was changed. */
  readonly sourceKey: string;
  /** The date of that partition, UTC ISO text; absent where it has none. */
  readonly sourceDate?: string;
}

export interface PartitionFacts {
  readonly partitionKey: string;
  /** In the order in which they came. */
  readonly events: readonly PartitionEvent[];
  /** The active assets among those of the events, by id: events of others don't count. */
  readonly assets: ReadonlyMap<number, { readonly name: string; readonly uri: string }>;
  readonly resolved: ResolvedAssets;
}

export interface PartitionVerdict {
  readonly isReady: boolean;
  /** Epoch ms; absent where the key stands for no time, or assets disagree. */
  readonly date?: number;
  /** What keeps the partition from ever being ready, or its date from being known. */
  readonly problems: readonly string[];
}

export function judgePartition(
  schedule: PartitionedAssetSchedule,
  facts: PartitionFacts,
): PartitionVerdict {
  const { partitionKey, events, assets, resolved } = facts;
  const problems: string[] = [];
  const satisfied = new Set<number>();
  for (const [id, asset] of assets) {
    const mapper = mapperOf(schedule, asset);
    const arrived = new Set(
      events.filter(({ assetId }) => assetId === id).map(({ sourceKey }) => sourceKey),
    );
    if (arrived.size === 0) continue;
    const answer = isRollup(mapper) ? judgeRollup(mapper, partitionKey, arrived) : SATISFIED;
    if (answer.problem !== undefined) problems.push(`asset "${asset.name}": ${answer.problem}`);
    if (answer.isSatisfied) satisfied.add(id);
  }
  if (!isConditionMet(schedule.condition, satisfied, resolved)) return { isReady: false, problems };
  const { date, problem } = dateOf(schedule, facts);
  return {
    isReady: true,
    ...(date === undefined ? {} : { date }),
    problems: problem === undefined ? problems : [...problems, problem],
  };
}

interface RollupAnswer {
  readonly isSatisfied: boolean;
  readonly problem?: string;
}

const SATISFIED: RollupAnswer = { isSatisfied: true };

function isRollup(mapper: PartitionMapper): mapper is PartitionMapper & RollupMapper {
  return mapper.kind === "rollup";
}

/** A mapper that fails holds its partition. */
function judgeRollup(
  mapper: RollupMapper,
  partitionKey: string,
  arrived: ReadonlySet<string>,
): RollupAnswer {
  try {
    const expected = toUpstream(mapper, partitionKey);
    const { isSatisfied, unreachable } = satisfactionOf(mapper.waitPolicy, { expected, arrived });
    return unreachable === undefined
      ? { isSatisfied }
      : { isSatisfied: false, problem: unreachable };
  } catch (problem) {
    if (!(problem instanceof PythonError)) throw problem;
    return { isSatisfied: false, problem: `${problem.name}: ${problem.message}` };
  }
}

/**
 * The date that the mappers of times agree on; else, where none of the assets has such a mapper,
 * the date that came along with the keys (Airflow: _resolve_partition_date).
 */
function dateOf(
  schedule: PartitionedAssetSchedule,
  { partitionKey, events, assets }: PartitionFacts,
): { readonly date?: number; readonly problem?: string } {
  const dates = new Set<number>();
  try {
    for (const asset of assets.values()) {
      const date = toPartitionDate(mapperOf(schedule, asset), partitionKey);
      if (date !== undefined) dates.add(date);
    }
  } catch (problem) {
    if (!(problem instanceof PythonError)) throw problem;
    return { problem: `the date of the partition is not known: ${problem.message}` };
  }
  if (dates.size > 1) {
    return { problem: "the assets' mappers give different dates for the same partition" };
  }
  const [date = carriedDate(schedule, { events, assets })] = dates;
  return date === undefined ? {} : { date };
}

/**
 * Of dates that disagree neither counts; one that comes after that does (Airflow:
 * _get_or_create_apdr).
 */
function carriedDate(
  schedule: PartitionedAssetSchedule,
  { events, assets }: Pick<PartitionFacts, "events" | "assets">,
): number | undefined {
  let carried: string | undefined;
  for (const { assetId, sourceDate } of events) {
    const asset = assets.get(assetId);
    if (sourceDate === undefined || !asset) continue;
    if (!carriesPartitionDate(mapperOf(schedule, asset))) continue;
    carried = carried === undefined || carried === sourceDate ? sourceDate : undefined;
  }
  return carried === undefined ? undefined : Date.parse(carried);
}
