// Examples in the docstrings of partitions, as written there, and what is wrong with partitions.
import { expect, test } from "vitest";
import { toDocument } from "../../src/describe/to-document.ts";
import type { Diagnostic } from "../../src/model/diagnostics.ts";
import { mapKey } from "../../src/model/partitions/map-keys.ts";
import { empty } from "../../src/operators/index.ts";
import { Asset, AssetAlias } from "../../src/sdk/assets/asset.ts";
import {
  allowedKeyMapper,
  chainMapper,
  cronPartition,
  Dag,
  dayWindow,
  fanOutMapper,
  fixedKeyMapper,
  hourWindow,
  identityMapper,
  minimumCount,
  monthWindow,
  type PartitionMapper,
  partitionedAsset,
  productMapper,
  quarterWindow,
  rollupMapper,
  type ScheduleInput,
  segmentWindow,
  startOfDayMapper,
  startOfHourMapper,
  startOfMonthMapper,
  startOfQuarterMapper,
  startOfWeekMapper,
  startOfYearMapper,
  waitForAll,
  weekWindow,
  yearWindow,
} from "../../src/sdk/index.ts";

const orders = new Asset("s3://orders");
const refunds = new Asset("s3://refunds");
const stats = new Asset("s3://stats");

/** A value of any type, as JavaScript and casts let through. */
function untyped<T>(value: unknown): T {
  return value as T;
}

function described(schedule: ScheduleInput) {
  const dag = new Dag("d", { schedule });
  dag.task("work", empty())();
  return toDocument(dag);
}

function show({ severity, code, message, hint }: Diagnostic): string {
  const told = `${severity} ${code}: ${message}`;
  return hint === undefined ? told : `${told} (${hint})`;
}

/** The mistakes of a schedule whose default mapper it is. */
function mistakesOf(mapper: unknown): readonly string[] {
  const defaultPartitionMapper = untyped<PartitionMapper>(mapper);
  return described(partitionedAsset(stats, { defaultPartitionMapper })).diagnostics.map(show);
}

test("schedules on partitions of assets", () => {
  const combine = new Dag("combine", {
    schedule: partitionedAsset(orders.and(refunds), {
      defaultPartitionMapper: startOfHourMapper(),
    }),
  });
  combine.task("work", empty())();
  const { document, diagnostics } = toDocument(combine);
  expect(diagnostics).toEqual([]);
  expect(document.schedule).toMatchObject({
    kind: "partitioned-assets",
    condition: { kind: "all", conditions: [{ uri: "s3://orders/" }, { uri: "s3://refunds/" }] },
    mappers: [],
    defaultMapper: { kind: "start-of", period: "hour", outputFormat: "%Y-%m-%dT%H" },
  });
  partitionedAsset(stats, { defaultPartitionMapper: startOfHourMapper() });
  const { document: plain } = described(partitionedAsset([orders, refunds]));
  expect(plain.schedule).toMatchObject({ defaultMapper: { kind: "identity" } });
  const mapped = described(
    partitionedAsset(orders.or(refunds), {
      partitionMapperConfig: new Map([[orders, startOfDayMapper()]]),
    }),
  );
  expect(mapped.diagnostics).toEqual([]);
  expect(mapped.document.schedule).toMatchObject({
    mappers: [{ asset: { uri: "s3://orders/" }, mapper: { period: "day" } }],
  });
});

test("mappers, windows and wait policies", () => {
  const keysOf = (mapper: PartitionMapper, key: string) => {
    expect(mistakesOf(mapper)).toEqual([]);
    const mapped = mapKey(mapper, key);
    return "keys" in mapped ? mapped.keys : mapped.problem;
  };
  const product = productMapper([identityMapper(), startOfDayMapper()]); // "eu|2026-01-31T03:00:00" → "eu|2026-01-31"
  expect(keysOf(product, "eu|2026-01-31T03:00:00")).toEqual(["eu|2026-01-31"]);
  const chained = chainMapper([
    startOfHourMapper(),
    startOfDayMapper({ inputFormat: "%Y-%m-%dT%H" }),
  ]);
  expect(keysOf(chained, "2026-01-31T03:00:00")).toEqual(["2026-01-31"]);
  expect(keysOf(allowedKeyMapper(["us", "eu", "apac"]), "eu")).toEqual(["eu"]);
  const day = rollupMapper({ upstreamMapper: startOfDayMapper(), window: dayWindow() }); // 24 hours → a day
  expect(keysOf(day, "2026-01-31T03:00:00")).toEqual(["2026-01-31"]);
  const week = fanOutMapper({ upstreamMapper: startOfWeekMapper(), window: weekWindow() }); // a week → 7 days
  expect(keysOf(week, "2026-01-31T03:00:00")).toHaveLength(7);
  const all = rollupMapper({
    upstreamMapper: fixedKeyMapper("all"),
    window: segmentWindow(["us", "eu"]),
  });
  expect(keysOf(all, "us")).toEqual(["all"]);
  const periods: readonly [PartitionMapper, string][] = [
    [startOfHourMapper(), "2026-01-31T10"],
    [startOfDayMapper(), "2026-01-31"],
    [startOfWeekMapper(), "2026-01-26 (W05)"],
    [startOfMonthMapper(), "2026-01"],
    [startOfQuarterMapper(), "2026-Q1"],
    [startOfYearMapper(), "2026"],
  ];
  for (const [mapper, key] of periods) expect(keysOf(mapper, "2026-01-31T10:42:15")).toEqual([key]);
  for (const [upstreamMapper, window] of [
    [startOfHourMapper(), hourWindow({ direction: "backward" })],
    [startOfMonthMapper(), monthWindow()],
    [startOfQuarterMapper(), quarterWindow()],
    [startOfYearMapper(), yearWindow()],
  ] as const) {
    for (const waitPolicy of [waitForAll(), minimumCount(-1)]) {
      expect(mistakesOf(rollupMapper({ upstreamMapper, window, waitPolicy }))).toEqual([]);
    }
  }
});

test.each<[unknown, string]>([
  ["daily", "takes what a function such as startOfDayMapper() gives"],
  [{ ...startOfDayMapper(), timezone: "Mars/Base" }, 'got "Mars/Base"'],
  [startOfDayMapper({ inputFormat: "%Q" }), 'which can\'t be used: strptime has no directive "%Q"'],
  [
    startOfDayMapper({ outputFormat: "%d %Z" }),
    'which has "%Z"; write the offset with "%z" instead',
  ],
  [startOfWeekMapper({ outputFormat: "%Y %Y" }), "twice"],
  [startOfQuarterMapper({ outputFormat: "Q{half}" }), "KeyError"],
  [startOfDayMapper({ maxDownstreamKeys: 0 }), "maxDownstreamKeys"],
  [allowedKeyMapper([]), "needs a list of texts as allowedKeys"],
  [fixedKeyMapper(" "), "needs a text of at most 250 characters as its key"],
  [chainMapper(untyped([identityMapper()])), "needs a list of two mappers or more"],
  [
    rollupMapper({ upstreamMapper: identityMapper(), window: dayWindow() }),
    "the window of a period needs an upstreamMapper of times",
  ],
  [
    rollupMapper({ upstreamMapper: startOfDayMapper(), window: segmentWindow(["us"]) }),
    "segmentWindow() needs an upstreamMapper of texts",
  ],
  [
    rollupMapper({
      upstreamMapper: startOfDayMapper(),
      window: dayWindow(),
      waitPolicy: minimumCount(0),
    }),
    "minimumCount() with a whole number other than 0, got 0",
  ],
])("the mapper %j is refused with the reason", (mapper, reason) => {
  const [mistake, ...others] = mistakesOf(mapper);
  expect(others).toEqual([]);
  expect(mistake).toContain("error bad-partition: ");
  expect(mistake).toContain(reason.replace("KeyError", "can't be used"));
});

test("a fan-out without a default for its window needs a mapper", () => {
  expect(() => fanOutMapper({ upstreamMapper: startOfHourMapper(), window: hourWindow() })).toThrow(
    "fanOutMapper() needs a downstreamMapper where the window is hourWindow()",
  );
});

test("a mapper of an asset that the schedule doesn't wait for is told, an alias refused", () => {
  const { diagnostics } = described(
    partitionedAsset(orders, { partitionMapperConfig: [[refunds, startOfDayMapper()]] }),
  );
  expect(diagnostics.map(show)).toEqual([
    'warning bad-partition: DAG "d": partitionMapperConfig has a mapper for Asset "s3://refunds", which the schedule does not wait for',
  ]);
  const alias = new AssetAlias("exports");
  const ofAlias = described(
    partitionedAsset(orders, { partitionMapperConfig: [[alias, startOfDayMapper()]] }),
  );
  expect(ofAlias.diagnostics.map(show)).toEqual([
    'error bad-partition: DAG "d": partitionMapperConfig takes no alias, got AssetAlias "exports" (set defaultPartitionMapper)',
  ]);
});

test.each<[ReturnType<typeof cronPartition>, string]>([
  [cronPartition("0 0 * * *", { runOffset: 0.5 }), "runOffset takes a whole number of ticks"],
  [cronPartition("0 0 * * *", { keyFormat: "%Y %m" }), "has other characters than"],
  [cronPartition("0 0 * * *", { keyFormat: "%Y-%m-%dT%H%Z" }), 'has "%Z"'],
  [cronPartition("0 0 * * *", { keyFormat: "%L" }), "strptime has no directive"],
])("the schedule %j is refused with the reason", (schedule, reason) => {
  const mistakes = described(schedule).diagnostics.map(show);
  expect(mistakes).toEqual([expect.stringContaining(reason)]);
});
