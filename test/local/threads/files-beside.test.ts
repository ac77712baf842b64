// Files beside a DAG file, as its tasks see them in a worker thread.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { createTaskBench } from "./task-bench.ts";

const HEAD = `import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Dag } from "stepwind";
const dag = new Dag("d");
export { dag };
`;

test("a task finds the files beside its DAG file", async () => {
  const dagsFolder = temporaryFolder();
  await writeFile(join(dagsFolder, "q.sql"), "select 1;");
  const { deploy, run } = await createTaskBench("", { dagsFolder });
  await deploy(`${HEAD}
dag.task("url", async () => readFileSync(new URL("./q.sql", import.meta.url), "utf8"))();
dag.task("dirname", async () => readFileSync(import.meta.dirname + "/q.sql", "utf8"))();
dag.task("old", async () => readFileSync(__dirname + "/q.sql", "utf8"))();`);
  for (const taskId of ["url", "dirname", "old"]) {
    expect(await run(taskId)).toEqual({ kind: "success", result: '"select 1;"' });
  }
});

test("a warm thread draws the next version from the files as they are then", async () => {
  const dagsFolder = temporaryFolder();
  const { deploy, run } = await createTaskBench("", { dagsFolder });
  const text = `${HEAD}
for (const name of createRequire(import.meta.url)("./names.json")) dag.task(name, async () => name)();`;
  await writeFile(join(dagsFolder, "names.json"), '["a"]');
  await deploy(text);
  expect(await run("a")).toEqual({ kind: "success", result: '"a"' });
  await writeFile(join(dagsFolder, "names.json"), '["b"]');
  await deploy(`${text} // the next version`.replace("const dag", "const version = 2, dag"));
  expect(await run("b")).toEqual({ kind: "success", result: '"b"' });
});

test("a bundle by itself leaves nothing in the globals, so that DAGs share a warm thread", async () => {
  const { deploy, run } = await createTaskBench("");
  const threads: unknown[] = [];
  for (const name of ["a", "b", "c"]) {
    await deploy(
      `import { threadId } from "node:worker_threads";\n${HEAD}dag.task("${name}", async () => threadId)();`,
    );
    threads.push(await run(name));
  }
  expect(threads[0]).toMatchObject({ kind: "success" });
  expect(threads).toEqual([threads[0], threads[0], threads[0]]);
});
