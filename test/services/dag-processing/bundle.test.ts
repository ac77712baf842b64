import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createFolderDagSource } from "../../../src/local/folder-dag-source.ts";
import type { DagSource } from "../../../src/ports/dag-source.ts";
import { bundleDagFile } from "../../../src/services/dag-processing/bundle.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";

/** Files in memory, as if they stood in a bucket. */
function inMemory(files: Readonly<Record<string, string>>): DagSource {
  return { list: async () => Object.keys(files), read: async (file) => files[file] };
}

async function onDisk(files: Readonly<Record<string, string>>): Promise<DagSource> {
  const folder = temporaryFolder();
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  return createFolderDagSource(folder);
}

test("a file and what it imports become one module that imports stepwind alone", async () => {
  const source = inMemory({
    "etl/orders.ts": `import { Dag } from "stepwind";
import { slack } from "../utils/slack.js";
import { region } from "./settings";
import columns from "./columns.json";
import query from "./query.sql";
import { join } from "node:path";
console.log(Dag, slack, region, columns, query, join);`,
    "utils/slack.ts": `export { channel as slack } from "./index.ts";`,
    "utils/index.ts": `export const channel: string = "#orders";`,
    "etl/settings/index.ts": `export const region = "eu";`,
    "etl/columns.json": `["id", "total"]`,
    "etl/query.sql": "SELECT 1",
  });
  const bundled = await bundleDagFile(source, "etl/orders.ts");
  if (!bundled.ok) throw new Error(JSON.stringify(bundled.diagnostics));
  expect(bundled.imports).toEqual([
    "etl/columns.json",
    "etl/query.sql",
    "etl/settings/index.ts",
    "utils/index.ts",
    "utils/slack.ts",
  ]);
  expect(bundled.code.match(/^import .*$/gm)).toEqual([
    'import { Dag } from "stepwind";',
    'import { join } from "node:path";',
  ]);
  expect(bundled.code).toContain("#orders");
});

test("the same files give the same hash wherever they stand, and a change another", async () => {
  const files = {
    "a.ts": `import { hi } from "greet"; import { n } from "./n.ts"; console.log(hi, n, "stepwind");`,
    "n.ts": "export const n = 1;",
    "node_modules/greet/package.json": `{ "name": "greet", "main": "index.js" }`,
    "node_modules/greet/index.js": `exports.hi = require("os").EOL;`,
  };
  const one = await bundleDagFile(await onDisk(files), "a.ts");
  const two = await bundleDagFile(await onDisk(files), "a.ts");
  const other = await bundleDagFile(
    await onDisk({ ...files, "n.ts": "export const n = 2;" }),
    "a.ts",
  );
  if (!one.ok || !two.ok || !other.ok) throw new Error("not bundled");
  expect(one.hash).toMatch(/^[0-9a-f]{32}$/);
  expect(two.hash).toBe(one.hash);
  expect(two.code).toBe(one.code);
  expect(other.hash).not.toBe(one.hash);
});

test("a syntax error is a diagnostic with file and line, also in a helper", async () => {
  const bundled = await bundleDagFile(
    inMemory({ "a.ts": `import "./b.ts";`, "b.ts": "export const fine = 1;\nconst broken = {;\n" }),
    "a.ts",
  );
  expect(bundled).toMatchObject({
    ok: false,
    diagnostics: [
      {
        code: "syntax-error",
        severity: "error",
        file: "b.ts",
        line: 2,
        message: 'Expected identifier but found ";": const broken = {;',
      },
    ],
    imports: ["b.ts"],
  });
});

test("a missing file is named with file, line and hint, and the places looked at are among the imports", async () => {
  const bundled = await bundleDagFile(
    inMemory({ "etl/a.ts": `\nimport { x } from "../utils/slack";\nconsole.log(x);` }),
    "etl/a.ts",
  );
  expect(bundled).toMatchObject({
    ok: false,
    diagnostics: [
      {
        code: "import-not-found",
        file: "etl/a.ts",
        line: 2,
        message: expect.stringContaining('"../utils/slack" does not exist'),
        hint: expect.stringContaining("add utils/slack to the DAG folder"),
      },
    ],
  });
  expect(bundled.imports).toContain("utils/slack.ts");
  expect(bundled.imports).toContain("utils/slack/index.ts");
});

test.each([
  [
    "a package that isn't installed",
    "left-pad/x",
    /"left-pad" is not installed/,
    /npm install left-pad/,
  ],
  [
    "a file outside of the DAG folder",
    "../../secret.ts",
    /leads out of the DAG folder/,
    /move the file/,
  ],
  [
    "an unknown part of stepwind",
    "stepwind/secrets",
    /is not a part of stepwind/,
    /stepwind\/operators/,
  ],
])("%s is a diagnostic with a hint", async (_, specifier, message, hint) => {
  const text = `import x from "${specifier}"; console.log(x);`;
  for (const source of [inMemory({ "a.ts": text }), await onDisk({ "a.ts": text })]) {
    expect(await bundleDagFile(source, "a.ts")).toMatchObject({
      ok: false,
      diagnostics: [
        {
          code: "import-not-found",
          file: "a.ts",
          line: 1,
          message: expect.stringMatching(message),
          hint: expect.stringMatching(hint),
        },
      ],
    });
  }
});

test("a source that can't be read is thrown, not blamed on the author", async () => {
  const source: DagSource = {
    list: async () => [],
    read: () => Promise.reject(new Error("disk on fire")),
  };
  await expect(bundleDagFile(source, "a.ts")).rejects.toThrow("disk on fire");
});
