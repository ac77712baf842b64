import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { LOCAL_FUNCTIONS } from "../../../src/local/interpreter-state-machines.ts";
import { type LocalProduct, openLocalProduct } from "../../../src/local/local-platform.ts";
import { createDagProcessor } from "../../../src/services/dag-processing/dag-processor.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";

interface Bench {
  readonly product: LocalProduct;
  write(file: string, text: string): Promise<void>;
  remove(file: string): Promise<void>;
}

/** A product over an empty DAG folder; nothing watches it. */
async function createBench(): Promise<Bench> {
  const home = temporaryFolder();
  const dagsFolder = join(home, "dags");
  await mkdir(dagsFolder);
  const product = await openLocalProduct({ home, dagsFolder, inMemory: true });
  onTestFinished(() => product.close());
  const { processor } = product;
  return {
    product,
    async write(file, text) {
      await mkdir(dirname(join(dagsFolder, file)), { recursive: true });
      await writeFile(join(dagsFolder, file), text);
      await processor.processChanged([file]);
    },
    async remove(file) {
      await rm(join(dagsFolder, file));
      await processor.processChanged([file]);
    },
  };
}

function dagText(dagId: string, { extra = "", result = 1 } = {}): string {
  return `import { Dag } from "stepwind";
${extra}
export const dag = new Dag("${dagId}");
dag.task("t", async () => ${result})();
`;
}

test("a DAG file becomes a published version and a DAG", async () => {
  const { product, write } = await createBench();
  const { metadata } = product.platform;
  await write("a.ts", dagText("a"));
  const dag = await metadata.dags.get("a");
  expect(dag).toMatchObject({
    dagId: "a",
    file: "a.ts",
    isPaused: false,
    isStale: false,
    versionNumber: 1,
    revision: 1,
  });
  const version = await metadata.versions.get("a", dag?.versionHash ?? "");
  expect(version?.document.tasks.map(({ taskId }) => taskId)).toEqual(["t"]);
  expect(await metadata.files.get("a.ts")).toMatchObject({
    file: "a.ts",
    bundleHash: version?.bundleHash,
    dagIds: ["a"],
    diagnostics: [],
  });
});

test("processing an unchanged file writes nothing; changed code is a new version", async () => {
  const { product, write } = await createBench();
  const { metadata } = product.platform;
  await write("a.ts", dagText("a"));
  const [dag, file] = [await metadata.dags.get("a"), await metadata.files.get("a.ts")];
  await write("a.ts", dagText("a"));
  expect(await metadata.dags.get("a")).toEqual(dag);
  expect(await metadata.files.get("a.ts")).toEqual(file);
  await write("a.ts", dagText("a", { result: 2 }));
  expect(await metadata.dags.get("a")).toMatchObject({ versionNumber: 2, revision: 2 });
  expect(await metadata.versions.list("a")).toHaveLength(2);
});

test("versions that others take the place of are told, so that their machines can be collected", async () => {
  const { product, write } = await createBench();
  const { metadata } = product.platform;
  const hashes: string[] = [];
  for (const result of [1, 2, 1]) {
    await write("a.ts", dagText("a", { result }));
    hashes.push((await metadata.dags.get("a"))?.versionHash ?? "");
  }
  const [first = "", second = ""] = hashes;
  expect(hashes).toEqual([first, second, first]);
  expect((await metadata.dags.get("a"))?.superseded).toMatchObject([{ hash: second }]);
  expect(await metadata.versions.list("a")).toHaveLength(2);
});

test("what a schedule has promised holds over a change of code, and not over one of the schedule", async () => {
  const { product, write } = await createBench();
  const { metadata } = product.platform;
  const text = (result: number, day: string) =>
    dagText("a", { result }).replace(
      'new Dag("a")',
      `new Dag("a", { schedule: events(["2026-12-${day}"]) })`,
    );
  const file = (result: number, day: string) =>
    `import { events } from "stepwind";\n${text(result, day)}`;
  await write("a.ts", file(1, "01"));
  const dag = await metadata.dags.get("a");
  if (!dag) throw new Error("no DAG");
  const plannedAt = "2026-01-01T00:00:00.000Z";
  await metadata.dags.put({ ...dag, plannedAt, revision: dag.revision + 1 });
  await write("a.ts", file(2, "01"));
  expect(await metadata.dags.get("a")).toMatchObject({ versionNumber: 2, plannedAt });
  await write("a.ts", file(2, "02"));
  expect((await metadata.dags.get("a"))?.versionNumber).toBe(3);
  expect((await metadata.dags.get("a"))?.plannedAt).toBeUndefined();
});

test("a known version that is live again gets its machine again", async () => {
  const { product, write } = await createBench();
  const publish = vi.spyOn(product.platform.stateMachines, "publish");
  await write("a.ts", dagText("a"));
  await write("a.ts", dagText("a"));
  expect(publish).toHaveBeenCalledTimes(1);
  await write("a.ts", dagText("a", { result: 2 }));
  await write("a.ts", dagText("a"));
  const hashes = publish.mock.calls.map(([{ hash }]) => hash);
  expect(hashes).toHaveLength(3);
  expect(hashes[2]).toBe(hashes[0]);
});

test("a warning stays while the file has its cause, also when the version is known", async () => {
  const { product, write } = await createBench();
  const { metadata } = product.platform;
  await write("a.ts", dagText("a").replace("() => 1", "() => 1, { executionTimeout: 1_800 }"));
  const processor = createDagProcessor(product.platform, {
    functions: LOCAL_FUNCTIONS,
    longestTask: 900,
    dagsArePausedAtCreation: false,
    onDagChanged: async () => {},
  });
  for (const _ of ["first", "again"]) {
    await processor.processFile("a.ts");
    expect(await metadata.files.get("a.ts")).toMatchObject({
      dagIds: ["a"],
      diagnostics: [{ code: "timeout-too-long", file: "a.ts", dagId: "a", taskId: "t" }],
    });
  }
});

test("the last good version stays live under a mistake, and the mistake goes when it is mended", async () => {
  const { product, write } = await createBench();
  const { metadata } = product.platform;
  await write("a.ts", dagText("a"));
  const dag = await metadata.dags.get("a");
  for (const [extra, code] of [
    ["const broken = {;", "syntax-error"],
    ['throw new Error("no");', "import-failed"],
    ['import x from "./gone.ts"; console.log(x);', "import-not-found"],
  ] as const) {
    await write("a.ts", dagText("a", { extra }));
    expect(await metadata.dags.get("a")).toEqual(dag);
    expect(await metadata.files.get("a.ts")).toMatchObject({
      dagIds: ["a"],
      diagnostics: [{ code, file: "a.ts", line: 2 }],
    });
  }
  await write("a.ts", dagText("a"));
  expect(await metadata.files.get("a.ts")).toMatchObject({ dagIds: ["a"], diagnostics: [] });
});

test("a helper that comes later heals its DAG, and a changed one makes a new version", async () => {
  const { product, write, remove } = await createBench();
  const { metadata } = product.platform;
  const extra = `import { n } from "./utils/n"; console.log(n);`;
  await write("a.ts", dagText("a", { extra }));
  expect(await metadata.dags.get("a")).toBeUndefined();
  await write("utils/n.ts", "export const n = 1;");
  expect(await metadata.dags.get("a")).toMatchObject({ versionNumber: 1 });
  await write("utils/n.ts", "export const n = 2;");
  expect(await metadata.dags.get("a")).toMatchObject({ versionNumber: 2 });
  await remove("utils/n.ts");
  expect((await metadata.files.get("a.ts"))?.diagnostics).toMatchObject([
    { code: "import-not-found" },
  ]);
  expect(await metadata.dags.get("a")).toMatchObject({ versionNumber: 2, isStale: false });
});

test("an id in two files stays with the first, and the second takes over when the first goes", async () => {
  const { product, write, remove } = await createBench();
  const { metadata } = product.platform;
  await write("one.ts", dagText("same"));
  await write("two.ts", dagText("same", { result: 2 }));
  expect(await metadata.dags.get("same")).toMatchObject({ file: "one.ts", versionNumber: 1 });
  expect((await metadata.files.get("two.ts"))?.diagnostics).toMatchObject([
    {
      code: "dag-id-in-two-files",
      dagId: "same",
      file: "two.ts",
      message: 'DAG "same" is in one.ts and in two.ts; the one in one.ts stays live',
    },
  ]);
  await remove("one.ts");
  expect(await metadata.dags.get("same")).toMatchObject({
    file: "two.ts",
    isStale: false,
    versionNumber: 2,
  });
  expect(await metadata.files.get("two.ts")).toMatchObject({ dagIds: ["same"], diagnostics: [] });
});

test("two files that swap their DAGs end with each its own", async () => {
  const { product, write } = await createBench();
  const { metadata, source } = product.platform;
  await write("one.ts", dagText("a"));
  await write("two.ts", dagText("b"));
  const folder = source.packagesFrom ?? "";
  await writeFile(join(folder, "one.ts"), dagText("b"));
  await writeFile(join(folder, "two.ts"), dagText("a"));
  await product.processor.processChanged(["one.ts", "two.ts"]);
  expect(await metadata.dags.get("a")).toMatchObject({ file: "two.ts", isStale: false });
  expect(await metadata.dags.get("b")).toMatchObject({ file: "one.ts", isStale: false });
  expect(await metadata.files.list()).toMatchObject([{ diagnostics: [] }, { diagnostics: [] }]);
});

test("a DAG that another process made live, and has not told of yet, is kept by a mistake and retired with its file", async () => {
  const { product, write, remove } = await createBench();
  const { metadata } = product.platform;
  await write("a.ts", dagText("a"));
  // As if the other process had come no further.
  await metadata.files.delete("a.ts");
  await write("a.ts", `${dagText("a")}const = 1;`);
  expect(await metadata.files.get("a.ts")).toMatchObject({ dagIds: ["a"] });
  await metadata.files.delete("a.ts");
  await remove("a.ts");
  expect(await metadata.dags.get("a")).toMatchObject({ isStale: true });
});

test("a DAG whose file is gone, or that left its file, is stale and comes back with its history", async () => {
  const { product, write, remove } = await createBench();
  const { metadata } = product.platform;
  await write(
    "a.ts",
    `${dagText("a")}export const b = new Dag("b"); b.task("t", async () => 1)();`,
  );
  await write("a.ts", dagText("a"));
  expect(await metadata.dags.get("b")).toMatchObject({ isStale: true });
  expect(await metadata.dags.get("a")).toMatchObject({ isStale: false });
  await remove("a.ts");
  expect(await metadata.dags.get("a")).toMatchObject({ isStale: true });
  expect(await metadata.files.get("a.ts")).toBeUndefined();
  await write("renamed.ts", dagText("a"));
  expect(await metadata.dags.get("a")).toMatchObject({ isStale: false, file: "renamed.ts" });
});

test("only files that import stepwind are DAG files, and one that exports no DAG is warned of", async () => {
  const { product, write } = await createBench();
  const { metadata } = product.platform;
  await write("helper.ts", 'export const text = "a plain helper";');
  await write("types.ts", 'import type { Dag } from "stepwind"; export type Mine = Dag;');
  await write("forgot.ts", dagText("x").replace("export const", "const"));
  const records = await metadata.files.list();
  expect(records.map(({ file }) => file)).toEqual(["forgot.ts"]);
  expect(records[0]?.diagnostics).toMatchObject([{ code: "no-dag", severity: "warning" }]);
});

test("files processed at the same time for the same new id give it to one of them", async () => {
  const { product, write } = await createBench();
  const { metadata, source } = product.platform;
  const folder = source.packagesFrom ?? "";
  await write("seed.ts", dagText("seed"));
  const files = ["a.ts", "b.ts", "c.ts"];
  for (const file of files) await writeFile(join(folder, file), dagText("same"));
  await product.processor.processChanged(files);
  await product.processor.processChanged(files);
  const owner = (await metadata.dags.get("same"))?.file;
  const records = (await metadata.files.list()).filter(({ file }) => files.includes(file));
  for (const { file, dagIds, diagnostics } of records) {
    expect(dagIds).toEqual(file === owner ? ["same"] : []);
    expect(diagnostics.map(({ code }) => code)).toEqual(
      file === owner ? [] : ["dag-id-in-two-files"],
    );
  }
});
