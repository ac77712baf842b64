// The events of assets that a task may read: those of its inlets, and those that its run has
// consumed.
import type { AssetEventRecord, AssetRecord } from "../../model/assets/records.ts";
import { targetOf } from "../../model/assets/references.ts";
import { graphOf } from "../../model/graph.ts";
import { assetIdText, assetTargetText } from "../../model/ids.ts";
import type { TaskInstanceKey } from "../../model/records.ts";
import type { JsonObject } from "../../model/values/json.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { assetIdsOf } from "./resolve-assets.ts";

/** Events of an inlet that a task gets, the newest ones. */
const MOST_INLET_EVENTS = 1_000;

type EventStores = Pick<
  Platform["metadata"],
  "assets" | "assetAliases" | "assetClaims" | "assetEvents" | "runs" | "versions"
>;

/** An event as tasks get it: `AssetEvent` of the SDK. */
interface ReadEvent extends Omit<AssetEventRecord, "key" | "assetId" | "aliases"> {
  readonly asset: Pick<AssetRecord, "name" | "uri" | "group">;
  readonly extra: JsonObject;
}

/** Oldest first; of an inlet by its `assetTargetText`, or those that the run has consumed. */
export async function readAssetEvents(
  metadata: EventStores,
  key: TaskInstanceKey,
  { inlet }: { readonly inlet?: string },
): Promise<readonly ReadEvent[]> {
  const events =
    inlet === undefined
      ? await consumedEvents(metadata, key)
      : await inletEvents(metadata, key, inlet);
  const assets = new Map<number, AssetRecord | undefined>();
  const read: ReadEvent[] = [];
  for (const { key: _, aliases: __, assetId, ...event } of events) {
    if (!assets.has(assetId)) assets.set(assetId, await metadata.assets.get(assetIdText(assetId)));
    const { name = "", uri = "", group = "" } = assets.get(assetId) ?? {};
    read.push({ asset: { name, uri, group }, ...event });
  }
  return read;
}

async function consumedEvents(
  { assetEvents }: EventStores,
  { dagId, runId }: TaskInstanceKey,
): Promise<readonly AssetEventRecord[]> {
  const found: AssetEventRecord[] = [];
  const list = (page: object) => assetEvents.listConsumed({ dagId, runId, ...page });
  for await (const event of itemsOf(list)) found.push(event);
  return found;
}

async function inletEvents(
  metadata: EventStores,
  { dagId, runId, taskId }: TaskInstanceKey,
  inlet: string,
): Promise<readonly AssetEventRecord[]> {
  const run = await metadata.runs.get(dagId, runId);
  const version = run && (await metadata.versions.get(dagId, run.versionHash));
  const { inlets = [] } = (version && graphOf(version.document).task(taskId)) ?? {};
  const item = inlets.find((each) => assetTargetText(targetOf(each)) === inlet);
  if (!item) throw new Error(`"${inlet}" is not among the inlets of task "${taskId}"`);
  const isMeant = ({ aliases = [] }: AssetEventRecord) =>
    item.kind !== "alias" || aliases.includes(item.name);
  const found: AssetEventRecord[] = [];
  for (const assetId of await assetIdsOf(metadata, targetOf(item))) {
    const { items } = await metadata.assetEvents.list({ assetId, limit: MOST_INLET_EVENTS });
    found.push(...items.filter(isMeant));
  }
  found.sort((a, b) => (a.key < b.key ? -1 : 1));
  return found.slice(-MOST_INLET_EVENTS);
}
