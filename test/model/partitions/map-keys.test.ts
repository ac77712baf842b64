// Partition mappers against what Airflow 3.3.2's own mappers gave, and what its scheduler does with
// it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mapKey, toPartitionDate, toUpstream } from "../../../src/model/partitions/map-keys.ts";
import {
  findPartitionKeyFlaw,
  type PartitionMapper,
  type WaitPolicy,
} from "../../../src/model/partitions/mappers.ts";
import { satisfactionOf } from "../../../src/model/partitions/wait-policies.ts";
import { PythonError } from "../../../src/model/python/errors.ts";
import { toIso } from "../../../src/model/values/time.ts";

interface Case {
  /** Index of the mapper. */
  readonly mapper: number;
  /** A key of an asset; `target` is what it gives. */
  readonly key?: string;
  readonly target?: string | readonly string[];
  readonly error?: string;
  /** Of a target key. */
  readonly date?: string | null;
  readonly dateError?: string;
  readonly upstream?: readonly string[];
  readonly upstreamError?: string;
}

interface PolicyCase {
  readonly policy: WaitPolicy;
  readonly expected: readonly string[];
  readonly arrived: readonly string[];
  readonly satisfied: boolean;
  readonly unreachable: boolean;
}

const vectors: {
  readonly mappers: readonly PartitionMapper[];
  readonly cases: readonly Case[];
  readonly policies: readonly PolicyCase[];
} = JSON.parse(
  readFileSync(
    new URL("../../vectors/airflow-3.3-partition-mappers.json", import.meta.url),
    "utf8",
  ),
);

function answer<T>(ask: () => T): { readonly value: T } | { readonly error: string } {
  try {
    return { value: ask() };
  } catch (problem) {
    if (problem instanceof PythonError) return { error: problem.name };
    throw problem;
  }
}

/** What Airflow gave, and what the mapper here gives, if that is something else. */
function difference(each: Case): unknown {
  const mapper = vectors.mappers[each.mapper] ?? { kind: "identity" };
  if (each.key !== undefined) {
    const got = mapKey(mapper, each.key);
    const wanted = each.target === undefined ? undefined : [each.target].flat();
    const isRefused = !wanted || wanted.some((key) => findPartitionKeyFlaw(key) !== undefined);
    if (isRefused) return "problem" in got ? undefined : { ...each, got };
    const isSame = "keys" in got && got.keys.join("\n") === [...new Set(wanted)].join("\n");
    return isSame ? undefined : { ...each, mapper, got };
  }
  const target = String(each.target);
  const date = answer(() => toPartitionDate(mapper, target));
  const gotDate =
    "error" in date ? date.error : date.value === undefined ? null : toIso(date.value);
  if (gotDate !== (each.dateError ?? each.date)) return { ...each, mapper, gotDate };
  if (mapper.kind !== "rollup") return undefined;
  const upstream = answer(() => [...toUpstream(mapper, target)].sort());
  const got = "error" in upstream ? upstream.error : upstream.value.join("\n");
  return got === (each.upstreamError ?? each.upstream?.join("\n"))
    ? undefined
    : { ...each, mapper, got };
}

test("mappers give Airflow 3.3's keys, dates and windows in all cases", () => {
  expect(vectors.cases.length).toBeGreaterThan(2_300);
  expect(vectors.cases.flatMap((each) => difference(each) ?? []).slice(0, 5)).toEqual([]);
});

test("wait policies are satisfied, and out of reach, when Airflow's are", () => {
  const differences = vectors.policies.filter(({ policy, expected, arrived, ...wanted }) => {
    const got = satisfactionOf(policy, {
      expected: new Set(expected),
      arrived: new Set(arrived),
    });
    return (
      got.isSatisfied !== wanted.satisfied || (got.unreachable !== undefined) !== wanted.unreachable
    );
  });
  expect(vectors.policies).toHaveLength(48);
  expect(differences).toEqual([]);
});

test("a key with more targets than allowed has none, and the mapper's own limit goes first", () => {
  const fanOut: PartitionMapper = {
    kind: "chain",
    mappers: [
      {
        kind: "fan-out",
        upstreamMapper: { kind: "identity" },
        window: { kind: "segment", segments: Array.from({ length: 1_001 }, (_, i) => `k${i}`) },
        downstreamMapper: { kind: "identity" },
      },
      { kind: "identity" },
    ],
  };
  expect(mapKey(fanOut, "x")).toEqual({
    problem: "it gives 1001 target keys, and at most 1000 are allowed",
  });
  expect(mapKey({ ...fanOut, maxDownstreamKeys: 1_001 }, "x")).toMatchObject({
    keys: { length: 1_001 },
  });
});

test("a target that can't be a partition key is a problem, not a run", () => {
  const tooLong: PartitionMapper = { kind: "fixed-key", downstreamKey: "k".repeat(251) };
  expect(mapKey(tooLong, "x")).toEqual({
    problem: `it gives "${"k".repeat(251)}", but a partition key must be at most 250 characters; got 251.`,
  });
});
