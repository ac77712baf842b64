// The inside of the loader function: what a bundle draws, and that it can do no harm.
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { loadInThread } from "../../src/aws/lambda/load-in-thread.ts";

const DAG =
  'import { Dag } from "stepwind";\nexport const dag = new Dag("etl", { schedule: null });\n';

function load(source: string) {
  const code = gzipSync(source).toString("base64");
  return loadInThread({ hash: "abc", file: "etl.ts", code }, { memoryMb: 512 });
}

test("the DAGs of a bundle are drawn, with operators and what the file prints left out", async () => {
  const { dags, diagnostics } = await load(
    `import { bash } from "stepwind/operators";
${DAG}console.log("hello");
dag.task("one", bash({ bashCommand: "echo 1" }))();`,
  );
  expect(diagnostics).toEqual([]);
  expect(dags.map(({ dagId, tasks }) => [dagId, tasks.map(({ taskId }) => taskId)])).toEqual([
    ["etl", ["one"]],
  ]);
});

test("a file that throws is a diagnostic", async () => {
  const { dags, diagnostics } = await load(`${DAG}throw new TypeError("no rows");`);
  expect(dags).toEqual([]);
  expect(diagnostics).toMatchObject([
    { code: "import-failed", message: "etl.ts could not be imported: TypeError: no rows" },
  ]);
});

test("a file that exits is told of, and the next one loads from nothing", async () => {
  await expect(load(`${DAG}globalThis.left = 1; process.exit(3);`)).rejects.toThrow(
    "it exited with code 3",
  );
  const { dags } = await load(`${DAG}if (globalThis.left) throw new Error("not from nothing");`);
  expect(dags).toHaveLength(1);
});

test("a file that takes all memory harms its own thread only", async () => {
  const filled = `${DAG}const all = []; for (;;) all.push(new Array(100_000).fill(Math.random()));`;
  await expect(load(filled)).rejects.toThrow(/memory/i);
});

test("a file sees no environment, and timers that it leaves hold up nothing", async () => {
  const { dags } = await load(
    `${DAG}setInterval(() => {}, 1_000);
if (Object.keys(process.env).length > 0) throw new Error("it sees " + Object.keys(process.env));`,
  );
  expect(dags).toHaveLength(1);
});

test("a file beside the DAG file, which isn't on the disk of a function, is told of with what to do", async () => {
  const { diagnostics } = await load(`import { readFileSync } from "node:fs";
${DAG}readFileSync(globalThis.__stepwindModule.of("sql/etl.ts").dirname + "/q.sql");`);
  expect(diagnostics).toMatchObject([
    {
      code: "import-failed",
      message: expect.stringContaining("'/dag-folder-is-not-on-lambda/sql/q.sql'"),
      hint: expect.stringContaining('import text from "./query.sql"'),
    },
  ]);
});
