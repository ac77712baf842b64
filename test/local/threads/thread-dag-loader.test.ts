import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createFileBundles } from "../../../src/local/file-bundles.ts";
import { createFolderDagSource } from "../../../src/local/folder-dag-source.ts";
import { createThreadDagLoader } from "../../../src/local/threads/thread-dag-loader.ts";
import { bundleDagFile } from "../../../src/services/dag-processing/bundle.ts";
import { createTaskProcesses } from "../../../src/workers/pool/task-processes.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Loads files of these texts with one loader. */
function createLoads(importTimeout?: number) {
  const folder = temporaryFolder();
  const bundles = createFileBundles(join(folder, ".bundles"));
  const loader = createThreadDagLoader({
    bundles,
    processes: createTaskProcesses(),
    dagsFolder: folder,
    ...(importTimeout === undefined ? {} : { importTimeout }),
  });
  onTestFinished(() => loader.close());
  return async (text: string, file = "dag.ts") => {
    await writeFile(join(folder, file), text);
    const bundled = await bundleDagFile(createFolderDagSource(folder), file);
    if (!bundled.ok) throw new Error(JSON.stringify(bundled.diagnostics));
    await bundles.put(bundled.hash, bundled.code);
    return loader.load({ hash: bundled.hash, file });
  };
}

const ONE_DAG = `import { Dag } from "stepwind";
export const dag = new Dag("one");
dag.task("t", async () => 1)();
`;

test("the exported DAGs are described", async () => {
  const load = createLoads();
  const { dags, diagnostics } = await load(`${ONE_DAG}
    export const more = ["two", "three"].map((id) => { const d = new Dag(id); d.task("t", async () => 1)(); return d; });
    console.log("harmless");
  `);
  expect(diagnostics).toEqual([]);
  expect(dags.map(({ dagId }) => dagId)).toEqual(["one", "two", "three"]);
});

test("every load runs the file anew", async () => {
  const load = createLoads();
  const text = `import { Bundle, Dag } from "stepwind";
const dag = new Dag("served");
dag.task("t", async () => 1)();
await new Bundle(dag).serve();`;
  for (let time = 0; time < 3; time += 1) {
    expect((await load(text)).dags.map(({ dagId }) => dagId)).toEqual(["served"]);
  }
});

test("a throw at import is a diagnostic with the author's file and line", async () => {
  const load = createLoads();
  const text = `// A comment that the bundler drops.
interface Dropped { readonly too: string }

import { Dag } from "stepwind";
function connect(): never {
  throw new TypeError("no network here");
}
export const dag = new Dag("one");
connect();
`;
  expect(await load(text, "broken.ts")).toEqual({
    dags: [],
    diagnostics: [
      {
        code: "import-failed",
        severity: "error",
        file: "broken.ts",
        line: 6,
        message: "broken.ts could not be imported: TypeError: no network here",
        hint: expect.any(String),
      },
    ],
    reads: [],
  });
});

test("an endless loop at import is stopped and named, and the next file loads", async () => {
  const load = createLoads(0.3);
  const [looping, fine] = await Promise.all([
    load(
      `import { Dag } from "stepwind"; export const dag = new Dag("loop"); for (;;);`,
      "loop.ts",
    ),
    load(ONE_DAG, "fine.ts"),
  ]);
  expect(looping.diagnostics).toMatchObject([
    {
      code: "import-timeout",
      file: "loop.ts",
      message: "The import of loop.ts timed out after 0.3 s and was stopped",
    },
  ]);
  expect(fine.dags).toHaveLength(1);
});

test("a file that ends the process at import ends its thread only", async () => {
  const load = createLoads();
  expect(await load("process.exit(0);", "exit.ts")).toMatchObject({
    dags: [],
    diagnostics: [{ code: "import-failed", file: "exit.ts", message: /exited with code 0/ }].map(
      (each) => ({ ...each, message: expect.stringMatching(each.message) }),
    ),
  });
  expect((await load(ONE_DAG)).dags).toHaveLength(1);
});

test("a DAG with a mistake is left out with its place, others of the file stay", async () => {
  const load = createLoads();
  const { dags, diagnostics } = await load(`${ONE_DAG}
export const bad = new Dag("bad", { schedule: "61 * * * *" });
bad.task("t", async () => 1)();
`);
  expect(dags.map(({ dagId }) => dagId)).toEqual(["one"]);
  expect(diagnostics).toMatchObject([{ code: "bad-cron", dagId: "bad", file: "dag.ts", line: 5 }]);
});

test("the same id twice in a file is a mistake", async () => {
  const load = createLoads();
  const { dags, diagnostics } = await load(`${ONE_DAG} export const again = new Dag("one");`);
  expect(dags).toEqual([]);
  expect(diagnostics).toMatchObject([{ code: "duplicate-dag", dagId: "one", file: "dag.ts" }]);
});

test("an error that a file's code throws later is never another file's", async () => {
  const load = createLoads();
  const late = `setTimeout(() => { throw new Error("connect ECONNREFUSED"); }, 20);
    setTimeout(() => void Promise.reject(new Error("late")), 20);`;
  const slow = ONE_DAG.replace("one", "slow").concat(
    "await new Promise((r) => setTimeout(r, 60));",
  );
  for (let time = 0; time < 3; time += 1) {
    // One after the other, so that the second may get the first one's thread.
    expect((await load(ONE_DAG + late, "late.ts")).diagnostics).toEqual([]);
    expect((await load(slow, "slow.ts")).diagnostics).toEqual([]);
  }
});

test("a rejection that nothing at the top of a file handles is its import error", async () => {
  const load = createLoads();
  const { dags, diagnostics } = await load(`${ONE_DAG} void Promise.reject(new Error("no"));`);
  expect(dags).toEqual([]);
  expect(diagnostics).toMatchObject([
    {
      code: "import-failed",
      file: "dag.ts",
      message:
        "The import of dag.ts ended its thread: an error that nothing in the file caught: Error: no",
    },
  ]);
});

test("an import error has its causes", async () => {
  const load = createLoads();
  const { diagnostics } = await load(`
    const root = new AggregateError([new RangeError("left"), new Error("right")], "both");
    throw new Error("no config", { cause: root });
  `);
  expect(diagnostics[0]?.message).toBe(
    [
      "dag.ts could not be imported: Error: no config",
      "Caused by: AggregateError: both",
      "Caused by: RangeError: left",
      "Caused by: Error: right",
    ].join("\n"),
  );
});

test("a loader that is closed while a file is imported blames the file for nothing", async () => {
  const folder = temporaryFolder();
  const bundles = createFileBundles(folder);
  await bundles.put("b", "await new Promise(() => {});");
  const processes = createTaskProcesses();
  const loader = createThreadDagLoader({ bundles, dagsFolder: folder, processes });
  const loaded = loader.load({ hash: "b", file: "hangs.ts" });
  await Promise.all([
    expect(loaded).rejects.toThrow("The import of hangs.ts was given up: the loader is closed"),
    new Promise((resolve) => setTimeout(resolve, 50)).then(() => loader.close()),
  ]);
});
