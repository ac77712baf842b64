// What "stepwind" and "stepwind/operators" export. A change here is a change for every user.
import { expect, test } from "vitest";

test("stepwind exports these names", async () => {
  expect(Object.keys(await import("stepwind")).sort()).toEqual([
    "Asset",
    "AssetAlias",
    "AssetAll",
    "AssetAny",
    "Bundle",
    "ConnectionNotFoundError",
    "Dag",
    "DeadlineReference",
    "FailTask",
    "PokeReturnValue",
    "SkipTask",
    "VariableNotFoundError",
    "allowedKeyMapper",
    "assetOrTime",
    "chain",
    "chainMapper",
    "cronDataInterval",
    "cronPartition",
    "cronTrigger",
    "dayWindow",
    "deltaDataInterval",
    "deltaTrigger",
    "events",
    "exceptionRetryPolicy",
    "fanOutMapper",
    "fixedKeyMapper",
    "getClient",
    "getContext",
    "hourWindow",
    "identityMapper",
    "label",
    "minimumCount",
    "monthWindow",
    "multipleCronTrigger",
    "param",
    "partitionedAsset",
    "partitionedAtRuntime",
    "productMapper",
    "quarterWindow",
    "rollupMapper",
    "segmentWindow",
    "startOfDayMapper",
    "startOfHourMapper",
    "startOfMonthMapper",
    "startOfQuarterMapper",
    "startOfWeekMapper",
    "startOfYearMapper",
    "waitForAll",
    "weekWindow",
    "yearWindow",
  ]);
});

test("stepwind/operators exports these names", async () => {
  expect(Object.keys(await import("stepwind/operators")).sort()).toEqual([
    "approval",
    "bash",
    "branchDateTime",
    "branchDayOfWeek",
    "dateTimeSensor",
    "empty",
    "externalTaskSensor",
    "fileSensor",
    "hitl",
    "hitlBranch",
    "hitlEntry",
    "latestOnly",
    "timeDeltaSensor",
    "timeSensor",
    "triggerDagRun",
  ]);
});

test("importing stepwind loads none of the libraries", async () => {
  const { build } = await import("esbuild");
  const entryPoints = ["src/sdk/index.ts", "src/operators/index.ts", "src/runtime/execute.ts"];
  const { metafile } = await build({
    entryPoints,
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outdir: "out",
    write: false,
    metafile: true,
  });
  const loaded = new Set<string>();
  const visit = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    const imports = metafile.outputs[path]?.imports ?? [];
    for (const each of imports) if (each.kind === "import-statement") visit(each.path);
  };
  for (const [path, { entryPoint = "" }] of Object.entries(metafile.outputs)) {
    if (entryPoints.includes(entryPoint)) visit(path);
  }
  const isLibrary = (path: string) => !path.startsWith("out/") && !path.startsWith("node:");
  expect([...loaded].filter(isLibrary)).toEqual([]);
  const engine = "src/templates/scan.ts";
  const withEngine = Object.keys(metafile.outputs).filter(
    (path) => engine in (metafile.outputs[path]?.inputs ?? {}),
  );
  expect(withEngine).not.toEqual([]);
  expect(withEngine.filter((path) => loaded.has(path))).toEqual([]);
});
