// What a DAG's file says of roles follows the file.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLocalProduct } from "../../../src/local/local-platform.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";

test("access is there with the DAG, changes with its file, and goes when the file says nothing of it", async () => {
  const home = temporaryFolder();
  const dagsFolder = join(home, "dags");
  await mkdir(dagsFolder);
  const product = await openLocalProduct({ home, dagsFolder, inMemory: true });
  onTestFinished(() => product.close());
  const { dagAccess } = product.platform.metadata;
  const write = async (options: string) => {
    const text = `import { Dag } from "stepwind";\nexport const dag = new Dag("a", ${options});\n`;
    await writeFile(join(dagsFolder, "a.ts"), `${text}dag.task("t", () => 1)();\n`);
    await product.processor.processChanged(["a.ts"]);
  };
  await write('{ accessControl: { team: ["can_read"] } }');
  expect(await dagAccess.get("a")).toMatchObject({
    accessControl: { team: { DAGs: ["can_read"] } },
  });
  await write('{ accessControl: { team: ["can_edit"] } }');
  expect(await dagAccess.get("a")).toMatchObject({
    accessControl: { team: { DAGs: ["can_edit"] } },
  });
  await write("{}");
  expect(await dagAccess.get("a")).toBeUndefined();
});
