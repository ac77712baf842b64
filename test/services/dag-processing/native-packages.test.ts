// Packages that no bundle can hold are refused by their name: native code, and too much code.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { bundleDagFile } from "../../../src/services/dag-processing/bundle.ts";
import { bundlePackages } from "../../../src/services/dag-processing/bundle-packages.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";

/** A folder with these files below node_modules. */
async function install(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, "node_modules", path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return folder;
}

const manifest = (name: string, fields = {}) =>
  JSON.stringify({ name, main: "main.js", ...fields });

test.each<[string, Record<string, string>, string]>([
  [
    "a built module",
    {
      "fast/package.json": manifest("fast"),
      "fast/main.js": 'module.exports = require("./build/Release/fast.node");',
      "fast/build/Release/fast.node": "machine code",
    },
    'Package "fast" has native code (build/Release/fast.node), which can\'t be bundled',
  ],
  [
    "prebuilds that are chosen when it runs",
    {
      "fast/package.json": manifest("fast"),
      "fast/main.js": 'module.exports = require("./prebuilds/" + process.platform + "/fast.node");',
      "fast/prebuilds/linux-x64/fast.node": "machine code",
    },
    'Package "fast" has native code (prebuilds/linux-x64/fast.node)',
  ],
  [
    "a package for each platform",
    {
      "fast/package.json": manifest("fast", { optionalDependencies: { "@fast/linux-x64": "1" } }),
      "fast/main.js": 'module.exports = require("@fast/" + process.platform);',
    },
    'Package "fast" has native code (its dependency @fast/linux-x64)',
  ],
  [
    "a package that another one imports",
    {
      "fast/package.json": manifest("fast"),
      "fast/main.js": 'module.exports = require("deep");',
      "deep/package.json": manifest("deep", { dependencies: { bindings: "1" } }),
      "deep/main.js": "module.exports = 1;",
    },
    'Package "deep" has native code (its dependency bindings), which can\'t be bundled; DAG files import fast, one of which imports it',
  ],
])("native code is refused with the package and the module: %s", async (_, files, message) => {
  const folder = await install(files);
  await expect(bundlePackages(["fast"], { folder })).rejects.toMatchObject({
    name: "UnusablePackage",
    message: expect.stringContaining(message),
    hint: expect.stringContaining("without native code"),
  });
});

test("native code that a package only uses where it is there is left out of its bundle", async () => {
  const folder = await install({
    "plain/package.json": manifest("plain", { optionalDependencies: { fast: "1" } }),
    "plain/main.js":
      'let word; try { word = require("fast"); } catch { word = "slow"; } module.exports = { word };',
    "fast/package.json": manifest("fast"),
    "fast/main.js": 'module.exports = require("./build/Release/fast.node");',
    "fast/build/Release/fast.node": "machine code",
  });
  const packages = await bundlePackages(["plain"], { folder });
  expect([...packages.keys()]).toEqual(["_packages/plain.cjs"]);
  expect(packages.get("_packages/plain.cjs")).not.toContain("build/Release");
});

const LARGE = `module.exports = ${JSON.stringify("x".repeat(12 * 1024 * 1024))};`;

test("a package with too much code is refused with its size", async () => {
  const folder = await install({
    "large/package.json": manifest("large"),
    "large/main.js": `${LARGE}\nmodule.exports += require("./more.js");`,
    "large/more.js": LARGE,
  });
  await expect(bundlePackages(["large"], { folder })).rejects.toMatchObject({
    message:
      'Package "large" has 24 MB of code with all that it imports; a DAG file can import 20 MB of packages',
    hint: expect.stringContaining("Import only the part of it that you need"),
  });
});

test("packages in a bucket that come to too much together are a mistake of the file", async () => {
  const files: Readonly<Record<string, string>> = {
    "a.ts": 'import one from "one"; import two from "two"; export const all = [one, two];',
    "_packages/one.cjs": LARGE,
    "_packages/two.cjs": LARGE,
  };
  const source = {
    list: async () => Object.keys(files),
    read: async (file: string) => files[file],
  };
  const bundled = await bundleDagFile(source, "a.ts");
  expect(bundled).toMatchObject({
    ok: false,
    diagnostics: [
      {
        message: expect.stringContaining("The packages that this file imports have 24 MB or more"),
        hint: expect.stringContaining("import only the parts"),
      },
    ],
  });
});
