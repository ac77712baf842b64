// The values that assets keep, as tasks reach them: those of their own inlets and outlets. They go
// some time after the last DAG that names their asset.
import { expect, onTestFinished, test } from "vitest";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import type { AssetItem } from "../../../src/model/assets/documents.ts";
import { assetIdOf, assetIdText, assetTargetText } from "../../../src/model/ids.ts";
import {
  createAssetStateServices,
  listAssetStates,
  sweepAssetStates,
} from "../../../src/services/assets/asset-states.ts";
import { dagRun, dagVersion } from "../../contract/records.ts";
import { dagDocument, taskDocument } from "../../model/documents.ts";

const NOW = Date.UTC(2026, 0, 31);
const asset = (name: string) => ({ kind: "asset", name, uri: name, group: "asset" }) as const;
const textOf = (name: string) =>
  assetTargetText({ kind: "asset", id: assetIdOf({ name, uri: name }) });

async function setUp(inlets: readonly AssetItem[], outlets: readonly AssetItem[]) {
  const metadata = createSqliteMetadata({ file: ":memory:" });
  onTestFinished(() => metadata.close());
  const state = { now: NOW };
  const platform = { metadata, clock: { now: () => state.now, sleep: async () => {} } };
  const tasks = [taskDocument("t", { inlets, outlets }), taskDocument("other")];
  await metadata.versions.create(
    dagVersion({ dagId: "d", document: dagDocument({ dagId: "d", tasks }) }),
  );
  await metadata.runs.create(dagRun({ dagId: "d", runId: "r" }));
  const put = (name: string, isActive: boolean) =>
    metadata.assets.put({
      id: assetIdOf({ name, uri: name }),
      name,
      uri: name,
      group: "asset",
      extra: {},
      createdAt: new Date(state.now).toISOString(),
      updatedAt: new Date(state.now).toISOString(),
      isActive,
    });
  for (const item of [...inlets, ...outlets]) if (item.kind === "asset") await put(item.name, true);
  const of = (taskId: string) =>
    createAssetStateServices(platform, { dagId: "d", runId: "r", taskId, mapIndex: -1 });
  const valuesOf = async (name: string) => {
    const all = await listAssetStates(metadata, assetIdOf({ name, uri: name }));
    return all.map((each) => [each.name, each.value]);
  };
  return { metadata, platform, state, of, put, valuesOf };
}

test("a task with several assets names one, and keeps their values apart", async () => {
  const { of, valuesOf } = await setUp([asset("x")], [asset("y")]);
  const task = of("t");
  await task.putAssetState({ asset: textOf("x"), key: "a", value: "1" });
  await task.putAssetState({ asset: textOf("y"), key: "a", value: "2" });
  await task.putAssetState({ asset: textOf("y"), key: "b", value: "3" });
  expect(await task.getAssetState({ asset: textOf("x"), key: "a" })).toBe("1");
  expect(await task.getAssetState({ asset: textOf("x"), key: "b" })).toBeUndefined();
  await task.putAssetState({ asset: textOf("y"), key: "a" });
  expect(await valuesOf("y")).toEqual([["b", "3"]]);
  await task.clearAssetState({ asset: textOf("y") });
  expect([await valuesOf("x"), await valuesOf("y")]).toEqual([[["a", "1"]], []]);
  await expect(task.getAssetState({ key: "a" })).rejects.toThrow(
    'task "t" of DAG "d" has 2 assets among its inlets and outlets; name one',
  );
});

test("without a name, the only asset is meant, be it inlet, outlet or both", async () => {
  const alias: AssetItem = { kind: "alias", name: "more", group: "asset" };
  const { of } = await setUp([asset("x"), alias], [asset("x")]);
  await of("t").putAssetState({ key: "a", value: "1" });
  expect(await of("t").getAssetState({ asset: textOf("x"), key: "a" })).toBe("1");
});

test("what is not the task's, not active or too large is refused by name", async () => {
  const { of, put } = await setUp([asset("x")], []);
  await expect(of("other").getAssetState({ key: "a" })).rejects.toThrow("has 0 assets");
  await expect(of("t").clearAssetState({ asset: textOf("z") })).rejects.toThrow(
    'The asset is neither an inlet nor an outlet of task "t" of DAG "d"',
  );
  const value = JSON.stringify("x".repeat(200_000));
  await expect(of("t").putAssetState({ key: "a", value })).rejects.toThrow("exceeds 131072 bytes");
  await expect(of("t").putAssetState({ key: "a", value: "null" })).rejects.toThrow(
    'State "a" of an asset: value cannot be null',
  );
  await put("x", false);
  await expect(of("t").putAssetState({ key: "a", value: "1" })).rejects.toThrow("is not active");
});

test("values stay for a day after the last DAG that names their asset", async () => {
  const { of, put, platform, state, metadata, valuesOf } = await setUp([asset("x")], [asset("y")]);
  for (const name of ["x", "y"]) {
    await of("t").putAssetState({ asset: textOf(name), key: "a", value: "1" });
  }
  state.now += 30 * 24 * 60 * 60_000;
  await put("x", false);
  await sweepAssetStates(platform);
  expect(await valuesOf("x")).toHaveLength(1);
  state.now += 24 * 60 * 60_000;
  await sweepAssetStates(platform);
  expect([await valuesOf("x"), await valuesOf("y")]).toEqual([[], [["a", "1"]]]);
  await metadata.assets.delete(assetIdText(assetIdOf({ name: "y", uri: "y" })));
  await sweepAssetStates(platform);
  expect(await valuesOf("y")).toEqual([]);
});
