// Commands that look at a home folder that they can't write: over a copy, with the logs of the
// original.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openHomeCopy } from "../../src/cli/home-copy.ts";
import { openLocalProduct } from "../../src/local/local-platform.ts";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import { createStoredContext } from "../../src/services/stored/stored-context.ts";
import { readVariable, setVariable } from "../../src/services/stored/variables.ts";
import { dagRun } from "../contract/records.ts";
import { temporaryFolder } from "../local/temporary-folder.ts";

const copies = () => readdirSync(tmpdir()).filter((name) => name.startsWith("stepwind-copy-"));

test("the copy has the history and the logs, leaves the home as it was, and is removed", async () => {
  const home = temporaryFolder();
  const file = join(home, "metadata.db");
  const metadata = createSqliteMetadata({ file });
  const run = dagRun();
  await metadata.runs.create(run);
  await metadata.close();
  const key = { dagId: run.dagId, runId: run.runId, taskId: "t", mapIndex: -1, tryNumber: 1 };
  const before = await openLocalProduct({ home, dagsFolder: home });
  await before.platform.logs.append(key, [
    { timestamp: "", level: "info", event: "kept", logger: "task.stdout" },
  ]);
  await setVariable(createStoredContext(before.platform), { key: "region", value: "eu" });
  await before.close();
  const bytes = readFileSync(file);

  const product = await openHomeCopy({ home, dagsFolder: home }, openLocalProduct);
  const { metadata: copied, logs } = product.platform;
  expect(await copied.runs.get(run.dagId, run.runId)).toEqual(run);
  expect((await logs.read(key)).entries).toMatchObject([{ event: "kept" }]);
  expect(await readVariable(createStoredContext(product.platform), "region")).toBe("eu");
  await copied.runs.create(dagRun({ runId: "other", logicalDate: null }));
  const during = copies();
  await product.close();
  expect(readFileSync(file).equals(bytes)).toBe(true);
  expect(copies().length).toBeLessThan(during.length);
});

test("a home that was never made is copied as an empty one", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  writeFileSync(join(folder, "dags/x.ts"), "");
  const options = { home: join(folder, "none"), dagsFolder: join(folder, "dags") };
  const product = await openHomeCopy(options, openLocalProduct);
  expect((await product.platform.metadata.runs.list({ limit: 10 })).items).toEqual([]);
  await product.close();
  expect(readdirSync(folder)).toEqual(["dags"]);
});
