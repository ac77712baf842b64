// Files beside a DAG file: found by `import.meta`, and watched when the DAG was drawn from them.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { bundleDagFile } from "../../../src/services/dag-processing/bundle.ts";
import { createDagBench, type DagBench, dagText } from "./dag-bench.ts";

/** Documents' task ids of the version that is live. */
async function tasksOf({ product }: DagBench, dagId: string): Promise<readonly string[]> {
  const { metadata } = product.platform;
  const dag = await metadata.dags.get(dagId);
  const version = await metadata.versions.get(dagId, dag?.versionHash ?? "");
  return version?.document.tasks.map(({ taskId }) => taskId) ?? [];
}

/** A DAG with a task for each of the names that an expression gives. */
function drawnFrom(names: string, imports = ""): string {
  return `import { readFileSync, readdirSync, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Dag } from "stepwind";
${imports}
export const dag = new Dag("made");
for (const name of ${names}) dag.task(name, async () => name)();
`;
}

test.each([
  ["a URL", 'JSON.parse(readFileSync(new URL("./tables.json", import.meta.url), "utf8"))'],
  ["import.meta.dirname", 'JSON.parse(readFileSync(join(import.meta.dirname, "tables.json")))'],
  [
    "import.meta.filename",
    'JSON.parse(readFileSync(join(import.meta.filename, "../tables.json")))',
  ],
  [
    "import.meta.resolve",
    'JSON.parse(readFileSync(new URL(import.meta.resolve("./tables.json"))))',
  ],
  ["__dirname", 'JSON.parse(await readFile(__dirname + "/tables.json", "utf8"))'],
  ["require", 'createRequire(import.meta.url)("./tables.json")'],
  [
    "an import that is worked out",
    'await import(new URL("./tables.json", import.meta.url).href, { with: { type: "json" } }).then((m) => m.default)',
  ],
  ["the path", 'JSON.parse(readFileSync(ETL + "/tables.json"))'],
])(
  "a DAG drawn from a file that it finds by %s is drawn again when that changes",
  async (_, names) => {
    const bench = await createDagBench();
    const etl = join(bench.dagsFolder, "etl");
    await bench.write({
      "etl/tables.json": '["users"]',
      "etl/made.ts": drawnFrom(names.replace("ETL", JSON.stringify(etl))),
    });
    expect(await bench.diagnosticsOf("etl/made.ts")).toEqual([]);
    expect(await tasksOf(bench, "made")).toEqual(["users"]);
    await bench.write({ "etl/tables.json": '["users", "orders"]' });
    expect(await tasksOf(bench, "made")).toEqual(["users", "orders"]);
  },
);

test("a file that is missing heals when it comes, and a broken one when it is mended", async () => {
  const bench = await createDagBench();
  const names = 'JSON.parse(readFileSync(join(import.meta.dirname, "tables.json"), "utf8"))';
  await bench.write({ "made.ts": drawnFrom(names) });
  expect(await bench.diagnosticsOf("made.ts")).toMatchObject([{ code: "import-failed" }]);
  await bench.write({ "tables.json": "[" });
  expect(await bench.diagnosticsOf("made.ts")).toMatchObject([
    { code: "import-failed", message: expect.stringContaining("JSON") },
  ]);
  await bench.write({ "tables.json": '["users"]' });
  expect(await tasksOf(bench, "made")).toEqual(["users"]);
});

test("a folder that was listed, and a file that was looked for, are watched", async () => {
  const bench = await createDagBench();
  const names =
    '[...readdirSync(import.meta.dirname + "/tables"), ...(existsSync(join(import.meta.dirname, "more")) ? ["more"] : [])].map((file) => file.split(".")[0])';
  await bench.write({ "tables/users.yaml": "", "made.ts": drawnFrom(names) });
  expect(await tasksOf(bench, "made")).toEqual(["users"]);
  await bench.write({ "tables/orders.yaml": "" });
  expect(await tasksOf(bench, "made")).toEqual(["orders", "users"]);
  await bench.write({ more: "" });
  expect(await tasksOf(bench, "made")).toEqual(["orders", "users", "more"]);
  await bench.remove("tables/users.yaml");
  expect(await tasksOf(bench, "made")).toEqual(["orders", "more"]);
});

test("a changed file makes a new version, so that no worker runs the old drawing", async () => {
  const bench = await createDagBench();
  const read = 'readFileSync(new URL("q.sql", import.meta.url), "utf8").length ? ["t"] : []';
  await bench.write({ "q.sql": "select 1", "made.ts": drawnFrom(read) });
  expect(await bench.stateOf("made")).toBe("made.ts#1");
  await bench.process("made.ts", "q.sql");
  expect(await bench.stateOf("made")).toBe("made.ts#1");
  await bench.write({ "q.sql": "select 2" });
  expect(await bench.stateOf("made")).toBe("made.ts#2");
});

test("each file of a bundle has its own place, and what an author declares stays the author's", async () => {
  const bench = await createDagBench();
  const at = (file: string) => JSON.stringify(pathToFileURL(join(bench.dagsFolder, file)).href);
  await bench.write({
    "lib/here.ts": `#!/usr/bin/env node
export const here = import.meta.url;`,
    "lib/old.cjs": "module.exports = { dir: __dirname, file: __filename };",
    "lib/own.ts": `import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
const __filename = fileURLToPath(import.meta.url);
const __dirname = dirname(__filename);
export { __dirname as own };`,
    "made.ts": drawnFrom(
      `check() ? ["right"] : [here, import.meta.url, old.dir, own]`,
      `import { here } from "./lib/here.ts";
import old from "./lib/old.cjs";
import { own } from "./lib/own.ts";
const check = () => here === ${at("lib/here.ts")} && import.meta.url === ${at("made.ts")}
  && old.dir === own && own === join(import.meta.dirname, "lib") && import.meta.main === false
  && "import.meta.url".length === 15;`,
    ),
  });
  expect(await bench.diagnosticsOf("made.ts")).toEqual([]);
  expect(await tasksOf(bench, "made")).toEqual(["right"]);
});

test("the bundle names no place of this machine, and mistakes keep their lines", async () => {
  const texts = new Map([
    ["a/dag.ts", `import { nope } from "./b.ts"; console.log(import.meta.dirname, nope);`],
    ["a/b.ts", `export const here = import.meta.url;\n\nthrow new Error(here);`],
  ]);
  const source = { list: async () => [...texts.keys()], read: async (f: string) => texts.get(f) };
  const broken = await bundleDagFile(source, "a/dag.ts");
  expect(broken).toMatchObject({
    ok: false,
    diagnostics: [
      { file: "a/dag.ts", line: 1, message: expect.stringContaining(": import { nope }") },
    ],
  });
  const bundled = await bundleDagFile(source, "a/b.ts");
  expect(bundled).toMatchObject({ ok: true, code: expect.stringContaining('.of("a/b.ts")') });
  expect(bundled.ok && bundled.code).not.toContain(process.cwd());
});

test("code that doesn't ask where it is has the bundle that it had before", async () => {
  const read = async () => dagText("a");
  const bundled = await bundleDagFile({ list: async () => ["a.ts"], read }, "a.ts");
  expect(bundled.ok && bundled.code).not.toContain("__stepwindModule");
});
