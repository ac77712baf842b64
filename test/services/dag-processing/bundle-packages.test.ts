import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { DagSource } from "../../../src/ports/dag-source.ts";
import { bundleDagFile } from "../../../src/services/dag-processing/bundle.ts";
import {
  bundlePackages,
  findPackages,
} from "../../../src/services/dag-processing/bundle-packages.ts";
import { lookForStepwind } from "../../../src/services/dag-processing/dag-files.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";

const PACKAGES = {
  "modern/package.json": `{ "name": "modern", "type": "module", "exports": { ".": "./index.js", "./part": "./part.js" } }`,
  "modern/index.js": `import { Dag } from "stepwind"; export { same } from "shared-part"; export const dagOf = (id) => new Dag(id);`,
  "modern/part.js": `export { same } from "shared-part";`,
  "shared-part/package.json": `{ "name": "shared-part", "type": "module", "main": "index.js" }`,
  "shared-part/index.js": `export const same = Symbol("one");`,
  "@old/school/package.json": `{ "name": "@old/school", "main": "main.js" }`,
  "@old/school/main.js": `exports.eol = require("os").EOL; exports.dir = __dirname === undefined;`,
};

const DAGS = {
  "orders.ts": `import { Dag } from "stepwind";
import { dagOf, same } from "modern";
import { helped } from "./help/help.ts";
import { gone } from "not-there";
export const found = [Dag, dagOf, same, helped, gone];`,
  "help/help.ts": `import { eol } from "@old/school"; import { same } from "modern/part"; export const helped = { eol, same };`,
};

async function installed(): Promise<string> {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(PACKAGES)) {
    const file = join(folder, "node_modules", path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return folder;
}

function inMemory(files: Readonly<Record<string, string>>): DagSource {
  return { list: async () => Object.keys(files), read: async (file) => files[file] };
}

test("packages that files and their helpers import become files that stand for them in a bucket", async () => {
  const folder = await installed();
  const specifiers = await findPackages(inMemory(DAGS), ["orders.ts"]);
  expect(specifiers).toEqual(["@old/school", "modern", "modern/part", "not-there"]);

  const packages = await bundlePackages(specifiers, { folder });
  const paths = [...packages.keys()].filter((path) => !path.includes("_shared")).sort();
  expect(paths).toEqual([
    "_packages/@old/school.cjs",
    "_packages/modern.mjs",
    "_packages/modern/part.mjs",
  ]);
  for (const [path, text] of packages) {
    const { isDagFile } = await lookForStepwind(inMemory(DAGS), path, text);
    expect(isDagFile).toBe(false);
  }

  const bucket = { ...DAGS, ...Object.fromEntries(packages) };
  const lacking = await bundleDagFile(inMemory(bucket), "orders.ts");
  expect(lacking).toMatchObject({
    ok: false,
    diagnostics: [
      {
        code: "import-not-found",
        line: 4,
        message: expect.stringContaining('"not-there" is not installed'),
        hint: expect.stringContaining("stepwind push"),
      },
    ],
  });
  expect(lacking.imports).toContain("_packages/not-there.mjs");

  bucket["orders.ts"] = DAGS["orders.ts"].replace(/.*not-there.*/, "const gone = 1;");
  const bundled = await bundleDagFile(inMemory(bucket), "orders.ts");
  if (!bundled.ok) throw new Error(JSON.stringify(bundled.diagnostics));
  const module = join(folder, "bundle.mjs");
  const runtime = "data:text/javascript,export class Dag {}";
  await writeFile(module, bundled.code.replaceAll('"stepwind"', JSON.stringify(runtime)));
  const { found } = await import(module);
  expect(found[2]).toBe(found[3].same);
  expect(found[3].eol).toBe("\n");
});
