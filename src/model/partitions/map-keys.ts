// From partitions of an asset to those of the DAGs that follow it, and back (Airflow:
// partition_mappers/). What Airflow raises for a key is thrown as a PythonError.

import { isoOffset } from "../python/calendar.ts";
import { PythonError, typeError, valueError } from "../python/errors.ts";
import { toIso } from "../values/time.ts";
import type { PartitionMapper, RollupMapper } from "./mappers.ts";
import { findPartitionKeyFlaw, MOST_DOWNSTREAM_KEYS } from "./mappers.ts";
import {
  dateOfPeriod,
  decodePeriod,
  encodeUpstream,
  formatPeriod,
  startOfPeriod,
} from "./temporal.ts";
import { type Decoded, membersOf } from "./windows.ts";

/** What became of a key. */
export type MappedKeys =
  | { readonly keys: readonly string[] }
  /** Why the key has no target, for people. */
  | { readonly problem: string };

/** The target keys of a partition, each once. */
export function mapKey(mapper: PartitionMapper, key: string): MappedKeys {
  try {
    const mapped = toDownstream(mapper, key);
    const keys = typeof mapped === "string" ? [mapped] : mapped;
    const most = mapper.maxDownstreamKeys ?? MOST_DOWNSTREAM_KEYS;
    if (keys.length > most) {
      return { problem: `it gives ${keys.length} target keys, and at most ${most} are allowed` };
    }
    for (const each of keys) {
      const flaw = findPartitionKeyFlaw(each);
      if (flaw !== undefined) return { problem: `it gives "${each}", but a partition key ${flaw}` };
    }
    return { keys: [...new Set(keys)] };
  } catch (problem) {
    if (problem instanceof PythonError) return { problem: `${problem.name}: ${problem.message}` };
    throw problem;
  }
}

/** One key, or any number of them. */
function toDownstream(mapper: PartitionMapper, key: string): string | readonly string[] {
  switch (mapper.kind) {
    case "identity":
      return key;
    case "start-of":
      return startOfPeriod(mapper, key);
    case "allowed-key":
      if (mapper.allowedKeys.includes(key)) return key;
      throw valueError(`Key '${key}' not in allowed keys ${JSON.stringify(mapper.allowedKeys)}`);
    case "fixed-key":
      return mapper.downstreamKey;
    case "rollup":
      return toDownstream(mapper.upstreamMapper, key);
    case "product":
      return mapParts(mapper, key);
    case "chain":
      return mapInTurn(mapper.mappers, key);
    case "fan-out":
      return fanOut(mapper, key);
  }
}

function mapParts(
  { mappers, delimiter }: PartitionMapper & { readonly kind: "product" },
  key: string,
): string {
  const parts = key.split(delimiter);
  if (parts.length !== mappers.length) {
    throw valueError(`Expected ${mappers.length} segments in key, got ${parts.length}`);
  }
  const mapped = mappers.map((mapper, index) => {
    const result = toDownstream(mapper, parts[index] ?? "");
    if (typeof result === "string") return result;
    throw typeError("the mappers of a product give a single key, and one of them gave several");
  });
  return mapped.join(delimiter);
}

function mapInTurn(mappers: readonly PartitionMapper[], key: string): string | readonly string[] {
  let keys: readonly string[] = [key];
  for (const mapper of mappers) keys = keys.flatMap((each) => toDownstream(mapper, each));
  const [first] = keys;
  return keys.length === 1 && first !== undefined ? first : keys;
}

function fanOut(
  { upstreamMapper, window, downstreamMapper }: PartitionMapper & { readonly kind: "fan-out" },
  key: string,
): readonly string[] {
  const period = toDownstream(upstreamMapper, key);
  if (typeof period !== "string") {
    throw typeError("the upstream mapper of a fan-out gives a single key, and this gave several");
  }
  return membersOf(window, decode(upstreamMapper, period)).map((member) =>
    formatMember(downstreamMapper, member),
  );
}

function formatMember(mapper: PartitionMapper, member: Decoded): string {
  if (mapper.kind === "start-of") {
    if (typeof member !== "string") return formatPeriod(mapper, member);
    throw new PythonError("AttributeError", `a temporal mapper can't write the text "${member}"`);
  }
  if (typeof member === "string") return member;
  // Python: datetime.isoformat().
  const clock = toIso(member.wall)
    .replace(/(?:\.000)?Z$/, "")
    .replace(/\.(\d{3})$/, ".$1000");
  return member.offset === undefined ? clock : `${clock}${isoOffset(member.offset / 1_000)}`;
}

function decode(mapper: PartitionMapper, key: string): Decoded {
  return mapper.kind === "start-of" ? decodePeriod(mapper, key) : key;
}

function encode(mapper: PartitionMapper, member: Decoded): string {
  if (typeof member === "string") return member;
  if (mapper.kind === "start-of") return encodeUpstream(mapper, member);
  throw typeError(`a mapper of texts can't write the time ${toIso(member.wall)}`);
}

/** The keys of the asset that a target key of the rollup waits for. Throws PythonError. */
export function toUpstream(
  { upstreamMapper, window }: RollupMapper,
  targetKey: string,
): ReadonlySet<string> {
  const members = membersOf(window, decode(upstreamMapper, targetKey));
  return new Set(members.map((member) => encode(upstreamMapper, member)));
}

/**
 * Epoch ms of the start of the period that a target key stands for; undefined where it stands for
 * none. Throws PythonError for a key that the mapper doesn't write (Airflow: to_partition_date).
 */
export function toPartitionDate(mapper: PartitionMapper, targetKey: string): number | undefined {
  switch (mapper.kind) {
    case "start-of":
      return dateOfPeriod(mapper, targetKey);
    case "rollup":
      return toPartitionDate(mapper.upstreamMapper, targetKey);
    case "fan-out":
      return toPartitionDate(mapper.downstreamMapper, targetKey);
    case "chain": {
      const last = mapper.mappers.at(-1);
      return last && toPartitionDate(last, targetKey);
    }
    case "product": {
      const parts = targetKey.split(mapper.delimiter);
      if (parts.length !== mapper.mappers.length) return undefined;
      const dates = mapper.mappers
        .map((each, index) => toPartitionDate(each, parts[index] ?? ""))
        .filter((date) => date !== undefined);
      return dates.length === 1 ? dates[0] : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether the date of the partition that is mapped is that of its target, too. */
export function carriesPartitionDate({ kind }: PartitionMapper): boolean {
  return kind === "identity";
}
