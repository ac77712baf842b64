// Files that say nothing of their DAGs for a while: emptied, unreadable, or busy for ever.
import { expect, test } from "vitest";
import { createDagBench, dagText } from "./dag-bench.ts";

const FACTORY = `import { Dag } from "stepwind";
export function makeDag(id) { const dag = new Dag(id); dag.task("t", async () => id)(); return dag; }
`;

test("the last good version stays when its file is emptied, with an import error that says so", async () => {
  const { write, remove, stateOf, diagnosticsOf } = await createDagBench();
  await write({ "a.ts": dagText("a") });
  for (const text of ["", " \n", "// export const dag = …\n/* gone */"]) {
    await write({ "a.ts": text });
    expect(await stateOf("a")).toBe("a.ts#1");
    expect(await diagnosticsOf("a.ts")).toEqual([
      {
        code: "file-emptied",
        severity: "error",
        file: "a.ts",
        message: 'a.ts has no code any more; the last version of DAG "a" stays live',
        hint: "write the DAG again, or delete the file to take it off",
      },
    ]);
  }
  await write({ "a.ts": dagText("a", 2) });
  expect(await stateOf("a")).toBe("a.ts#2");
  expect(await diagnosticsOf("a.ts")).toEqual([]);
  await write({ "a.ts": "" });
  await remove("a.ts");
  expect(await stateOf("a")).toBe("stale");
  await write({ "never.ts": "" });
  expect(await diagnosticsOf("never.ts")).toBeUndefined();
});

test("a DAG that was moved out of a file, which is empty now, is the other file's", async () => {
  const { write, stateOf, diagnosticsOf } = await createDagBench();
  await write({ "one.ts": dagText("a") });
  await write({ "one.ts": "", "two.ts": dagText("a") });
  expect(await stateOf("a")).toMatch(/^two\.ts/);
  expect(await diagnosticsOf("one.ts")).toBeUndefined();
  // The other way round: first a copy, which is refused, then the original goes.
  await write({ "three.ts": dagText("a") });
  expect(await diagnosticsOf("three.ts")).toMatchObject([{ code: "dag-id-in-two-files" }]);
  await write({ "two.ts": "// moved" });
  expect(await stateOf("a")).toMatch(/^three\.ts/);
  expect(await diagnosticsOf("three.ts")).toEqual([]);
  expect(await diagnosticsOf("two.ts")).toBeUndefined();
});

test("a file that can't be read has an import error of its own, and the others go on", async () => {
  const { write, remove, closeOff, process, stateOf, diagnosticsOf } = await createDagBench();
  await write({ "a.ts": dagText("a") });
  await closeOff("a.ts");
  await closeOff("helper.ts");
  const b = `import { n } from "./helper.ts"; console.log(n);\n${dagText("b")}`;
  await write({ "b.ts": b, "c.ts": dagText("c") });
  await process("a.ts", "b.ts", "c.ts");
  expect(await stateOf("c")).toBe("c.ts#1");
  expect(await stateOf("a")).toBe("a.ts#1");
  expect(await diagnosticsOf("a.ts")).toMatchObject([
    {
      code: "file-unreadable",
      message: "a.ts can't be read: it is a link that leads in a circle",
      hint: "let the user that runs Stepwind read the file",
    },
  ]);
  expect(await diagnosticsOf("b.ts")).toMatchObject([
    {
      code: "import-not-found",
      file: "b.ts",
      line: 1,
      message: expect.stringMatching(/^helper\.ts can't be read: it is a link/),
    },
  ]);
  await remove("helper.ts");
  await write({ "helper.ts": "export const n = 1;" });
  expect(await stateOf("b")).toBe("b.ts#1");
  await remove("a.ts");
  expect(await stateOf("a")).toBe("stale");
});

test("a storage that fails for one file fails the call, once the others were processed", async () => {
  const { product, write, stateOf } = await createDagBench();
  const { files } = product.platform.metadata;
  const get = files.get.bind(files);
  files.get = async (file) => {
    if (file === "a.ts") throw new Error("the database is locked");
    return get(file);
  };
  await expect(write({ "a.ts": dagText("a"), "b.ts": dagText("b") })).rejects.toThrow(
    "the database is locked",
  );
  expect(await stateOf("b")).toBe("b.ts#1");
});

test("files whose import hangs hold up no others", async () => {
  const { product, write, stateOf, diagnosticsOf } = await createDagBench();
  const hanging = Object.fromEntries(
    Array.from({ length: 9 }, (_, n) => [
      `hangs${n}.ts`,
      `${dagText(`h${n}`)}await new Promise(() => {});`,
    ]),
  );
  // Given up when the product closes.
  write(hanging).catch(() => {});
  await write({ "a.ts": dagText("a") });
  expect(await stateOf("a")).toBe("a.ts#1");
  const { finished } = await product.processor.startChanged(["hangs0.ts", "a.ts"]);
  finished.catch(() => {});
  expect(await diagnosticsOf("hangs0.ts")).toBeUndefined();
});

test("a file that only calls a factory is a DAG file, told by what it imports", async () => {
  const { write, stateOf, diagnosticsOf } = await createDagBench();
  const customers = `import { makeDag } from "./lib/factory";\nexport const dag = makeDag("customers");`;
  await write({ "customers.ts": customers });
  expect(await diagnosticsOf("customers.ts")).toMatchObject([{ code: "import-not-found" }]);
  await write({ "lib/factory.js": FACTORY, "plain.ts": "export const n = 1;" });
  expect(await stateOf("customers")).toBe("customers.ts#1");
  await write({ "lib/factory.js": FACTORY.replace("async () => id", "async () => 2") });
  expect(await stateOf("customers")).toBe("customers.ts#2");
  expect(await diagnosticsOf("plain.ts")).toBeUndefined();
});

test("a script is a DAG file from the moment its helper imports stepwind", async () => {
  const { write, stateOf, diagnosticsOf } = await createDagBench();
  const text = `import { makeDag } from "./factory.ts";\nexport const dag = makeDag("x");`;
  await write({ "factory.ts": "export const makeDag = (id) => id;", "x.ts": text });
  expect(await diagnosticsOf("x.ts")).toBeUndefined();
  await write({ "factory.ts": FACTORY });
  expect(await stateOf("x")).toBe("x.ts#1");
});

test("a file that passes on the DAG of another leaves it there", async () => {
  const { write, stateOf, diagnosticsOf, process } = await createDagBench();
  await write({ "index.ts": `export * from "./a.ts";`, "a.ts": dagText("a") });
  expect(await stateOf("a")).toMatch(/^a\.ts/);
  expect(await diagnosticsOf("index.ts")).toBeUndefined();
  await process("a.ts", "index.ts");
  expect(await stateOf("a")).toMatch(/^a\.ts/);
  expect(await diagnosticsOf("a.ts")).toEqual([]);
  expect(await diagnosticsOf("index.ts")).toBeUndefined();
  const own = `import "./a.ts";\n${dagText("a", 2).replace('new Dag("a")', 'new Dag("a", { tags: ["x"] })')}`;
  await write({ "index.ts": own });
  expect(await diagnosticsOf("index.ts")).toMatchObject([
    { code: "dag-id-in-two-files", severity: "warning" },
  ]);
});

test("a file that a person names is never ignored", async () => {
  const { product, write, diagnosticsOf } = await createDagBench();
  await write({ "plain.ts": "export const n = 1;" });
  expect(await diagnosticsOf("plain.ts")).toBeUndefined();
  await product.processor.processFile("plain.ts", { isNamed: true });
  expect(await diagnosticsOf("plain.ts")).toMatchObject([
    { code: "no-dag", message: "plain.ts exports no DAG, so nothing of it is deployed" },
  ]);
});
