// Assets of schedules, outlets and inlets in the document's form, with what is wrong with them.
import {
  findAssetGroupFlaw,
  findAssetNameFlaw,
  findAssetUriFlaw,
} from "../../model/assets/asset-names.ts";
import type { AssetCondition, AssetDocument, AssetItem } from "../../model/assets/documents.ts";
import { assetConditionOf, itemsOfCondition } from "../../model/assets/schedules.ts";
import type { DagDocument, TaskDocument } from "../../model/document.ts";
import { assetItemOf } from "../../sdk/assets/asset.ts";
import type { CallSite } from "../../sdk/call-site.ts";
import type { TaskRecord } from "../../sdk/drawing/graph.ts";
import type { TaskOptions } from "../../sdk/options.ts";
import { isPlainObject } from "../../sdk/results.ts";
import { show } from "../check-options.ts";
import { toJsonText } from "../json-text.ts";
import { ownerOf, type Report } from "../report.ts";

/** Refuses an asset; `what` names it, and `flaw` is the rest of the sentence. */
type RefuseAsset = (what: string, flaw: string) => void;

/** Outlets and inlets of a task. */
export function describeAssets(
  task: TaskRecord,
  { outlets = [], inlets = [] }: TaskOptions,
  report: Report,
): Pick<TaskDocument, "outlets" | "inlets"> {
  const { taskId, site } = task;
  const refuse: RefuseAsset = (what, flaw) =>
    report.add({
      code: "bad-asset",
      taskId,
      site,
      message: `${what} of ${ownerOf(task)} ${flaw}`,
    });
  const read = (assets: readonly unknown[]) =>
    unique(
      assets.flatMap((asset) => assetItemOf(asset) ?? []).filter((item) => isUsable(item, refuse)),
    );
  const documents = {
    outlets: read(outlets).map(withoutEmpty),
    inlets: read(inlets).map(withoutEmpty),
  };
  return {
    ...(documents.outlets.length > 0 ? { outlets: documents.outlets } : {}),
    ...(documents.inlets.length > 0 ? { inlets: documents.inlets } : {}),
  };
}

/** The condition of a schedule without what is refused; undefined if that is all of it. */
export function describeCondition(
  condition: AssetCondition,
  refuse: RefuseAsset,
): AssetCondition | undefined {
  if (!("conditions" in condition)) {
    return isUsable(condition, refuse) ? withoutEmpty(condition) : undefined;
  }
  const { kind } = condition;
  if (condition.conditions.length === 0) {
    refuse(`An expression of assets`, `needs at least one asset`);
    return undefined;
  }
  const conditions = condition.conditions.flatMap((part) => describeCondition(part, refuse) ?? []);
  return conditions.length === condition.conditions.length ? { kind, conditions } : undefined;
}

function isUsable(item: AssetItem, refuse: RefuseAsset): boolean {
  const flaw = findFlaw(item);
  if (flaw === undefined) return true;
  const kind = item.kind === "alias" ? "AssetAlias" : "Asset";
  refuse(`${kind} ${show("uri" in item && !("name" in item) ? item.uri : item.name)}`, flaw);
  return false;
}

function findFlaw(item: AssetItem): string | undefined {
  switch (item.kind) {
    case "name-ref":
      return findAssetNameFlaw(item.name, "asset");
    case "uri-ref":
      return findAssetUriFlaw(item.uri);
    case "alias":
      return findAssetNameFlaw(item.name, "alias") ?? findAssetGroupFlaw(item.group);
    case "asset":
      return (
        findAssetNameFlaw(item.name, "asset") ??
        findAssetUriFlaw(item.uri) ??
        findAssetGroupFlaw(item.group) ??
        findExtraFlaw(item.extra)
      );
  }
}

function findExtraFlaw(extra: unknown): string | undefined {
  if (!isPlainObject(extra)) return `takes an object as extra, got ${show(extra)}`;
  const json = toJsonText(extra, "extra");
  return "error" in json ? `takes JSON as extra: ${json.error}` : undefined;
}

function withoutEmpty(item: AssetItem): AssetItem {
  if (item.kind !== "asset" || item.extra === undefined) return item;
  const { extra, ...rest } = item;
  return Object.keys(extra).length > 0 ? item : rest;
}

/** An outlet that is given twice counts once. */
function unique(items: readonly AssetItem[]): readonly AssetItem[] {
  const known = new Map<string, AssetItem>();
  for (const item of items) {
    const { extra: _, ...name } = { extra: undefined, ...item };
    const text = JSON.stringify(name);
    if (!known.has(text)) known.set(text, item);
  }
  return [...known.values()];
}

/** Within a DAG, a name has one URI and a URI one name: of two, one could never be active. */
export function checkAssetConflicts(
  { dagId, schedule, tasks }: DagDocument,
  site: CallSite,
  report: Report,
): void {
  const condition = assetConditionOf(schedule);
  const items = [
    ...(condition ? itemsOfCondition(condition) : []),
    ...tasks.flatMap(({ outlets = [], inlets = [] }) => [...outlets, ...inlets]),
  ];
  const byName = new Map<string, AssetDocument>();
  const byUri = new Map<string, AssetDocument>();
  const told = new Set<string>();
  for (const item of items) {
    if (item.kind !== "asset") continue;
    const other = byName.get(item.name) ?? byUri.get(item.uri);
    if (!byName.has(item.name)) byName.set(item.name, item);
    if (!byUri.has(item.uri)) byUri.set(item.uri, item);
    if (!other || (other.name === item.name && other.uri === item.uri)) continue;
    const isSameName = other.name === item.name;
    const message = isSameName
      ? `DAG "${dagId}" has two assets of the name ${show(item.name)}, with the URIs ${show(other.uri)} and ${show(item.uri)}`
      : `DAG "${dagId}" has two assets with the URI ${show(item.uri)}, of the names ${show(other.name)} and ${show(item.name)}`;
    if (told.has(message)) continue;
    told.add(message);
    const hint = "give each name one URI, and each URI one name";
    report.add({ code: "asset-conflict", site, message, hint });
  }
}
