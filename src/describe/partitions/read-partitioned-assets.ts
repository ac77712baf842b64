// Reads a schedule on partitions of assets, as written, into the document's form.
import type { AssetItem } from "../../model/assets/documents.ts";
import { itemsOfCondition } from "../../model/assets/schedules.ts";
import type {
  AssetMapper,
  PartitionedAssetSchedule,
} from "../../model/partitions/asset-schedules.ts";
import { IDENTITY_MAPPER, type PartitionMapper } from "../../model/partitions/mappers.ts";
import { conditionOf } from "../../sdk/assets/asset.ts";
import { readCondition, toExpression } from "../assets/read-condition.ts";
import { show } from "../check-options.ts";
import type { Refuse } from "../report.ts";
import { readMapper } from "./read-mapper.ts";

/** Undefined for one whose mistakes are reported. */
export function readPartitionedAssets(
  { assets, partitionMapperConfig, defaultPartitionMapper }: Readonly<Record<string, unknown>>,
  refuse: Refuse,
): PartitionedAssetSchedule | undefined {
  const expression = toExpression(assets);
  if (!expression) {
    const message = `partitionedAsset takes assets, or a list of them, got ${show(assets)}`;
    refuse({ code: "bad-asset", message });
    return undefined;
  }
  const condition = readCondition(expression, refuse);
  const mappers = readMappers(partitionMapperConfig, refuse);
  const defaultMapper =
    defaultPartitionMapper === undefined
      ? IDENTITY_MAPPER
      : read(defaultPartitionMapper, "defaultPartitionMapper", refuse);
  if (!condition || !mappers || !defaultMapper) return undefined;
  warnOfOthers(mappers, itemsOfCondition(condition), refuse);
  return { kind: "partitioned-assets", condition, mappers, defaultMapper };
}

function readMappers(given: unknown, refuse: Refuse): readonly AssetMapper[] | undefined {
  if (given === undefined) return [];
  const pairs: readonly unknown[] = isIterable(given) ? [...given] : [undefined];
  const read = pairs.map((pair) => readPair(pair, refuse));
  return read.includes(undefined) ? undefined : read.flatMap((each) => each ?? []);
}

/** An expression stands for each of its assets. */
function readPair(pair: unknown, refuse: Refuse): readonly AssetMapper[] | undefined {
  const [asset, given]: readonly unknown[] = Array.isArray(pair) ? pair : [];
  const condition = conditionOf(asset);
  if (!condition) {
    const message = `partitionMapperConfig takes pairs of an asset and its mapper, got ${show(pair)}`;
    refuse({ code: "bad-partition", message });
    return undefined;
  }
  const items = itemsOfCondition(condition);
  const [first] = items;
  const mapper = read(
    given,
    `The partition mapper of ${first ? describe(first) : "no asset"}`,
    refuse,
  );
  const mappers: AssetMapper[] = [];
  for (const item of items) {
    if (item.kind === "alias") {
      const message = `partitionMapperConfig takes no alias, got ${describe(item)}`;
      refuse({ code: "bad-partition", message, hint: "set defaultPartitionMapper" });
      return undefined;
    }
    if (mapper) mappers.push({ asset: item, mapper });
  }
  return mapper ? mappers : undefined;
}

function read(given: unknown, what: string, refuse: Refuse): PartitionMapper | undefined {
  const answer = readMapper(given);
  if ("mapper" in answer) return answer.mapper;
  refuse({ code: "bad-partition", message: `${what} ${answer.mistake}` });
  return undefined;
}

/** Airflow says nothing of a mapper that maps nothing. */
function warnOfOthers(
  mappers: readonly AssetMapper[],
  scheduled: readonly AssetItem[],
  refuse: Refuse,
): void {
  // What aliases and references stand for is known at run time only.
  if (scheduled.some(({ kind }) => kind !== "asset")) return;
  for (const { asset } of mappers) {
    const isScheduled = scheduled.some(
      (item) =>
        ("name" in asset && "name" in item && item.name === asset.name) ||
        ("uri" in asset && "uri" in item && item.uri === asset.uri),
    );
    if (isScheduled) continue;
    refuse({
      code: "bad-partition",
      severity: "warning",
      message: `partitionMapperConfig has a mapper for ${describe(asset)}, which the schedule does not wait for`,
    });
  }
}

function describe(item: AssetItem): string {
  if (item.kind === "alias") return `AssetAlias ${show(item.name)}`;
  return `Asset ${show("name" in item ? item.name : item.uri)}`;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
