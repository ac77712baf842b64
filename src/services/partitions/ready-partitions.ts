// Which partitions of a DAG have all that they wait for, from the events that are queued for it.
import type { QueuedAssetEvent } from "../../model/assets/records.ts";
import { assetIdText } from "../../model/ids.ts";
import {
  type PartitionedAssetSchedule,
  rulesIdOf,
} from "../../model/partitions/asset-schedules.ts";
import { judgePartition } from "../../model/partitions/judge-partition.ts";
import { RecentMap } from "../../model/values/recent-map.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { resolveCondition } from "../assets/resolve-assets.ts";

type ReadyContext = Pick<Platform, "metadata" | "report">;

export interface ReadyPartition {
  readonly partitionKey: string;
  /** Key of its first event. */
  readonly since: string;
  /** Epoch ms; absent where the key stands for no time. */
  readonly date?: number;
}

/** What was told already, per process: each planning finds the same. */
const told = new WeakMap<Platform["report"], RecentMap<string, true>>();
const MOST_TOLD = 1_000;

/** The one whose first event is oldest comes first. Events that count no more leave the queue. */
export async function readyPartitions(
  context: ReadyContext,
  dagId: string,
  schedule: PartitionedAssetSchedule,
): Promise<readonly ReadyPartition[]> {
  const { metadata, report } = context;
  const groups = await queuedByPartition(context, dagId, rulesIdOf(schedule));
  if (groups.size === 0) return [];
  const ids = new Set([...groups.values()].flat().map(({ assetId }) => assetId));
  const active = await activeAssets(metadata, ids);
  const resolved = await resolveCondition(metadata, schedule.condition);
  const ready: ReadyPartition[] = [];
  for (const [partitionKey, queued] of groups) {
    const own = new Set(queued.map(({ assetId }) => assetId));
    const verdict = judgePartition(schedule, {
      partitionKey,
      events: queued.map(({ assetId, key, source }) => ({
        assetId,
        key,
        sourceKey: source?.key ?? "",
        ...(source?.date === undefined ? {} : { sourceDate: source.date }),
      })),
      assets: new Map([...active].filter(([id]) => own.has(id))),
      resolved,
    });
    for (const problem of verdict.problems) {
      warnOnce(report, `Partition "${partitionKey}" of DAG "${dagId}": ${problem}`);
    }
    if (!verdict.isReady) continue;
    const date = verdict.date === undefined ? {} : { date: verdict.date };
    ready.push({ partitionKey, ...date, since: queued[0]?.key ?? "" });
  }
  return ready.sort((a, b) => (a.since < b.since ? -1 : 1));
}

/**
 * Oldest first within a partition. Events that were mapped by other rules, or for a schedule
 * without partitions, count no more (Airflow: stale-fingerprint cleanup).
 */
async function queuedByPartition(
  { metadata, report }: ReadyContext,
  dagId: string,
  rules: string,
): Promise<ReadonlyMap<string, readonly QueuedAssetEvent[]>> {
  const groups = new Map<string, QueuedAssetEvent[]>();
  const stale: QueuedAssetEvent[] = [];
  const { assetEvents } = metadata;
  for await (const event of itemsOf((page) => assetEvents.listQueued({ dagId, ...page }))) {
    const { partitionKey, source } = event;
    if (partitionKey === undefined || source?.rules !== rules) stale.push(event);
    else {
      const group = groups.get(partitionKey) ?? [];
      group.push(event);
      groups.set(partitionKey, group);
    }
  }
  if (stale.length > 0) {
    await assetEvents.unqueue(stale);
    report.info(
      `DAG "${dagId}" maps partitions by other rules now: ${stale.length} events that were mapped before no longer count`,
    );
  }
  return groups;
}

async function activeAssets({ assets }: Platform["metadata"], ids: ReadonlySet<number>) {
  const active = new Map<number, { readonly name: string; readonly uri: string }>();
  for (const id of ids) {
    const asset = await assets.get(assetIdText(id));
    if (asset?.isActive) active.set(id, asset);
  }
  return active;
}

function warnOnce(report: Platform["report"], message: string): void {
  const messages = told.get(report) ?? new RecentMap(MOST_TOLD);
  told.set(report, messages);
  if (messages.get(message)) return;
  messages.set(message, true);
  report.warn(message);
}
