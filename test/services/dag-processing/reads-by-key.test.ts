// What the DAG processor reads for one file must not grow with the number of files, DAGs and
// versions: nothing that it does lists all of one kind.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { LOCAL_FUNCTIONS } from "../../../src/local/interpreter-state-machines.ts";
import { openLocalProduct } from "../../../src/local/local-platform.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { createDagProcessor } from "../../../src/services/dag-processing/dag-processor.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";

/** A processor whose metadata count the listings of everything. */
async function createBench() {
  const home = temporaryFolder();
  const dagsFolder = join(home, "dags");
  await mkdir(dagsFolder);
  const product = await openLocalProduct({ home, dagsFolder, inMemory: true });
  onTestFinished(() => product.close());
  const { metadata } = product.platform;
  const listings: string[] = [];
  /** Calls the same, and takes note of it. */
  const noting =
    <Args extends readonly unknown[], T>(name: string, list: (...args: Args) => Promise<T>) =>
    (...args: Args) => {
      listings.push(name);
      return list(...args);
    };
  const { files, dags, versions } = metadata;
  const watched: Metadata = {
    ...metadata,
    files: { ...files, list: noting("files", files.list) },
    dags: { ...dags, list: noting("dags", dags.list) },
    versions: { ...versions, list: noting("versions", versions.list) },
  };
  const processor = createDagProcessor(
    { ...product.platform, metadata: watched },
    {
      functions: LOCAL_FUNCTIONS,
      dagsArePausedAtCreation: false,
      onDagChanged: async () => {},
    },
  );
  const pathOf = (file: string) => join(dagsFolder, file);
  return {
    metadata,
    listings,
    async write(file: string, text: string) {
      await writeFile(pathOf(file), text);
      await processor.processChanged([file]);
    },
    async remove(file: string) {
      await rm(pathOf(file));
      await processor.processChanged([file]);
    },
  };
}

const dagText = (dagId: string, value: string) =>
  `import { Dag } from "stepwind";\nimport { value } from "./helper.ts";\n` +
  `export const dag = new Dag("${dagId}");\ndag.task("t", async () => value + ${value})();\n`;

test("new files, versions, helpers, taken ids and deletions are processed without a listing", async () => {
  const { metadata, listings, write, remove } = await createBench();
  await write("helper.ts", "export const value = 1;\n");
  await write("a.ts", dagText("a", "1"));
  await write("b.ts", dagText("b", "1"));
  await write("a.ts", dagText("a", "2"));
  await write("helper.ts", "export const value = 2;\n");
  await write("twin.ts", dagText("a", "9"));
  await write("a.ts", "throw new Error();\n");
  await write("b.ts", "");
  await remove("b.ts");
  await remove("a.ts");
  expect(listings).toEqual([]);
  // All of that was done: the twin has the DAG now, in its fourth version.
  expect(await metadata.dags.get("a")).toMatchObject({ file: "twin.ts", versionNumber: 4 });
  expect(await metadata.dags.get("b")).toMatchObject({ isStale: true, versionNumber: 2 });
});

test("a version that comes back keeps its number, and the next one is numbered after all", async () => {
  const { metadata, write } = await createBench();
  await write("helper.ts", "export const value = 1;\n");
  for (const value of ["1", "2", "1"]) await write("a.ts", dagText("a", value));
  expect(await metadata.dags.get("a")).toMatchObject({ versionNumber: 1, newestVersion: 2 });
  await write("a.ts", dagText("a", "3"));
  expect(await metadata.dags.get("a")).toMatchObject({ versionNumber: 3, newestVersion: 3 });
  // A record of an earlier release doesn't say which number is the newest.
  const dag = await metadata.dags.get("a");
  if (!dag) throw new Error("DAG a is gone");
  const { newestVersion: _, ...before } = dag;
  await metadata.dags.put({ ...before, revision: dag.revision + 1 });
  await write("a.ts", dagText("a", "4"));
  expect(await metadata.dags.get("a")).toMatchObject({ versionNumber: 4, newestVersion: 4 });
});
