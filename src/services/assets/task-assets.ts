// What a try has to do with assets: before it, its inlets and outlets must be active; after it, its
// events are found.
import { findAssetNameFlaw, findAssetUriFlaw } from "../../model/assets/asset-names.ts";
import type { AssetItem, OutletEvent } from "../../model/assets/documents.ts";
import {
  type FoundOutlet,
  findOutletFlaw,
  outletEventsOf,
} from "../../model/assets/outlet-events.ts";
import type { AssetEventRecord, PendingAssetEvent } from "../../model/assets/records.ts";
import type { TaskInstanceRecord } from "../../model/records.ts";
import type { TaskError } from "../../model/task-call.ts";
import { toIso } from "../../model/values/time.ts";
import type { Platform } from "../../ports/platform.ts";
import { addLogLine } from "../tasks/log-line.ts";
import type { InstanceScope } from "../tasks/verdicts.ts";
import { findActiveAsset } from "./resolve-assets.ts";

type TaskAssetContext = Pick<Platform, "metadata" | "logs" | "clock">;

/**
 * Why the try can't run: an asset among its inlets or outlets isn't active (Airflow:
 * AirflowInactiveAssetInInletOrOutletException). Costs nothing for a task without.
 */
export async function findInactiveAssets(
  { metadata }: Pick<Platform, "metadata">,
  { task }: Pick<InstanceScope, "task">,
): Promise<TaskError | undefined> {
  const inactive: string[] = [];
  for (const item of [...(task.inlets ?? []), ...(task.outlets ?? [])]) {
    if (item.kind !== "asset" || (await findActiveAsset(metadata, item))) continue;
    inactive.push(`Asset(name="${item.name}", uri="${item.uri}")`);
  }
  if (inactive.length === 0) return undefined;
  return {
    name: "AirflowInactiveAssetInInletOrOutletException",
    message: `Task has the following inactive assets in its inlets or outlets: ${inactive.join(", ")}; another active asset has the name or the URI, or no DAG names it any more`,
  };
}

/**
 * The events of a try that has succeeded, with those of an earlier success that are still to be
 * recorded; or why what it says of its outlets can't be taken.
 */
export async function findOutletEvents(
  context: TaskAssetContext,
  { task, key, run }: InstanceScope,
  {
    started,
    events,
  }: { readonly started: TaskInstanceRecord; readonly events: readonly OutletEvent[] },
): Promise<
  { readonly all: readonly PendingAssetEvent[] | undefined } | { readonly error: TaskError }
> {
  const items: readonly AssetItem[] = task.outlets ?? [];
  if (items.length === 0) return { all: undefined };
  const flaw = findOutletFlaw(events) ?? events.map(({ asset }) => flawOf(asset)).find(Boolean);
  if (flaw !== undefined) return { error: { name: "ValueError", message: flaw } };
  const outlets: FoundOutlet[] = [];
  for (const item of items) {
    if (item.kind === "alias") continue;
    const asset = await findActiveAsset(context.metadata, item);
    outlets.push(asset ? { item, asset } : { item });
    if (asset) continue;
    const event = `Task has inactive assets "${describe(item)}" in inlets or outlets`;
    await addLogLine(context, started, { level: "warning", event });
  }
  const aliases = items.flatMap((item) => (item.kind === "alias" ? [item.name] : []));
  const { tryNumber } = started;
  const timestamp = toIso(context.clock.now());
  const partition = partitionOf(run);
  const facts = { key, tryNumber, timestamp, outlets, aliases, events, partition };
  const all = [...(started.assetEvents ?? []), ...outletEventsOf(facts)];
  return { all: all.length > 0 ? all : undefined };
}

function partitionOf({
  partitionKey,
  partitionDate,
}: InstanceScope["run"]): Pick<AssetEventRecord, "partitionKey" | "partitionDate"> {
  return {
    ...(partitionKey === undefined ? {} : { partitionKey }),
    ...(partitionDate === undefined ? {} : { partitionDate }),
  };
}

function flawOf({ name, uri }: OutletEvent["asset"]): string | undefined {
  const flaw = findAssetNameFlaw(name, "asset") ?? findAssetUriFlaw(uri);
  return flaw === undefined ? undefined : `Asset "${name}" in outletEvents ${flaw}`;
}

function describe(item: FoundOutlet["item"]): string {
  if (item.kind === "name-ref") return `Asset.ref(name=${item.name})`;
  if (item.kind === "uri-ref") return `Asset.ref(uri=${item.uri})`;
  return `Asset(name=${item.name}, uri=${item.uri})`;
}
