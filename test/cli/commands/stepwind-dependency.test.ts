// What a new project installs Stepwind from, by how this Stepwind was installed.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectFiles } from "../../../src/cli/commands/project/project-files.ts";
import { stepwindDependency } from "../../../src/cli/commands/project/stepwind-dependency.ts";
import { packageVersion } from "../../../src/cli/version.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";

/** A project "old" that has Stepwind as npm records it, and a folder "new" beside it. */
function installedFrom(resolved: string | undefined): { root: string; folder: string } {
  const around = temporaryFolder();
  const root = join(around, "old/node_modules/stepwind/");
  const folder = join(around, "new");
  mkdirSync(root, { recursive: true });
  mkdirSync(folder);
  const packages = { "node_modules/stepwind": { version: "0.1.0", ...(resolved && { resolved }) } };
  const lock = join(around, "old/node_modules/.package-lock.json");
  writeFileSync(lock, JSON.stringify({ packages }));
  writeFileSync(join(around, "stepwind-0.1.0.tgz"), "");
  return { root, folder };
}

test("a project made by a checkout is linked to it", () => {
  const around = temporaryFolder();
  mkdirSync(join(around, "checkout"));
  mkdirSync(join(around, "projects/new"), { recursive: true });
  const dependency = stepwindDependency(join(around, "projects/new"), join(around, "checkout"));
  expect(dependency).toBe("file:../../checkout");
});

test("one made by a package from a tarball has the tarball, as long as that is there", () => {
  const { root, folder } = installedFrom("file:../stepwind-0.1.0.tgz");
  expect(stepwindDependency(folder, root)).toBe("file:../stepwind-0.1.0.tgz");
  const gone = installedFrom("file:../stepwind-0.0.9.tgz");
  expect(stepwindDependency(gone.folder, gone.root)).toBe(`^${packageVersion()}`);
});

test("one made by a package from a registry has its version", () => {
  for (const resolved of [undefined, "https://registry.example/stepwind-0.1.0.tgz"]) {
    const { root, folder } = installedFrom(resolved);
    expect(stepwindDependency(folder, root)).toBe(`^${packageVersion()}`);
  }
});

test("a project brings its own Node only where the machine's is too old", () => {
  const manifest = (bringsNode: boolean) => {
    const files = projectFiles({ name: "p", stepwind: "^0.1.0", bringsNode });
    return JSON.parse(files.find(({ path }) => path === "package.json")?.text ?? "");
  };
  expect(manifest(false).devDependencies).not.toHaveProperty("node");
  expect(manifest(false).allowScripts).toEqual({ esbuild: true });
  expect(manifest(true).devDependencies.node).toBe("^24.0.0");
  expect(manifest(true).allowScripts).toEqual({ node: true, esbuild: true });
});
