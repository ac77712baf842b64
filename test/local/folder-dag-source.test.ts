// A folder passes the contract of the DAG source, and shows only what belongs to the user.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createFolderDagSource } from "../../src/local/folder-dag-source.ts";
import { dagSourceContract } from "../contract/dag-source.ts";
import { temporaryFolder } from "./temporary-folder.ts";

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = join(temporaryFolder(), "dags");
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

dagSourceContract("folder", async (files) => createFolderDagSource(folderWith(files)));

test("packages, dot files and dot folders are neither listed nor read", async () => {
  const hidden = [
    "node_modules/x/index.js",
    "a/node_modules/y.js",
    ".env",
    ".stepwind/x.json",
    "a/.git/b",
  ];
  const files = Object.fromEntries([...hidden, "a/b.ts"].map((path) => [path, "text"]));
  const source = createFolderDagSource(folderWith(files));
  expect(await source.list()).toEqual(["a/b.ts"]);
  for (const path of hidden) expect(await source.read(path)).toBeUndefined();
});

test("links are followed; one that leads round in a circle, or nowhere, ends the listing of nothing else", async () => {
  const folder = folderWith({ "a/b.ts": "// b" });
  symlinkSync(folderWith({ "c.ts": "// c" }), join(folder, "linked"));
  symlinkSync(join(folder, "a/b.ts"), join(folder, "z.ts"));
  symlinkSync("..", join(folder, "a/circle"));
  symlinkSync("nowhere", join(folder, "broken.ts"));
  const source = createFolderDagSource(folder);
  expect(await source.list()).toEqual(["a/b.ts", "linked/c.ts", "z.ts"]);
  expect(await source.read("linked/c.ts")).toBe("// c");
  expect(await source.read("broken.ts")).toBeUndefined();
});

test("a folder that isn't there is an error, not a folder without DAGs", async () => {
  const source = createFolderDagSource(join(temporaryFolder(), "none"));
  await expect(source.list()).rejects.toThrow("ENOENT");
});

test("packages are looked up from the folder, or from where it is told", () => {
  const folder = temporaryFolder();
  expect(createFolderDagSource(folder).packagesFrom).toBe(folder);
  expect(createFolderDagSource(folder, { packagesFrom: "/" }).packagesFrom).toBe("/");
});
