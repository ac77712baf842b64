// Builds dist/lambda/: a folder of code for each Lambda function, ready to be deployed. Prints how
// large each is.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const target = join(root, "dist/lambda");
/**
 * Moved into place whole at the end, and only if it differs: others may be reading what is there.
 */
const making = join(root, `dist/lambda-${process.pid}`);
const esbuild = join(root, "node_modules/esbuild");

/** Modules of CommonJS packages ask for Node's by `require`, which ES modules don't have. */
const BANNER =
  'import { createRequire as stepwindRequire } from "node:module"; const require = stepwindRequire(import.meta.url);';

/** Entries besides the handler. */
const MORE_ENTRIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "dag-loader": { "loader-thread": join(root, "src/aws/lambda/loader-thread.ts") },
  task: { "task-process": join(root, "src/aws/lambda/task-process.ts") },
  worker: { "task-process": join(root, "src/aws/lambda/task-process.ts") },
};

for (const file of globSync("functions/*.ts", { cwd: root }).sort()) {
  const name = basename(file, ".ts");
  const folder = join(making, name);
  await build({
    entryPoints: { index: join(root, file), ...MORE_ENTRIES[name] },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    outExtension: { ".js": ".mjs" },
    mainFields: ["module", "main"],
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
    banner: { js: BANNER },
    logLevel: "warning",
  });
  if (name === "dag-processor") addEsbuild(folder);
  const bytes = globSync("**/*", { cwd: folder })
    .filter((path) => !path.endsWith(".map"))
    .reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
  console.error(`dist/lambda/${name}: ${(bytes / 1024).toFixed(0)} KiB`);
}

if (fingerprintOf(making) === fingerprintOf(target)) {
  rmSync(making, { recursive: true });
} else {
  rmSync(target, { recursive: true, force: true });
  renameSync(making, target);
}

/** Of all files below the folder with their names; the same text for the same build. */
function fingerprintOf(folder: string): string {
  const hash = createHash("sha256");
  for (const path of globSync("**/*", { cwd: folder }).sort()) {
    const file = join(folder, path);
    if (statSync(file).isFile()) hash.update(path).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** Its program, for both of Lambda's kinds of processor. */
function addEsbuild(folder: string): void {
  const { version } = JSON.parse(readFileSync(join(esbuild, "package.json"), "utf8"));
  copyFileSync(join(esbuild, "LICENSE.md"), join(folder, "esbuild-LICENSE.md"));
  for (const arch of ["arm64", "x64"]) {
    copyFileSync(programFor(arch, version), join(folder, `esbuild-${arch}`));
    chmodSync(join(folder, `esbuild-${arch}`), 0o755);
  }
}

/** The installed one, or one from npm, which installs only that of this machine. */
function programFor(arch: string, version: string): string {
  const installed = join(root, `node_modules/@esbuild/linux-${arch}/bin/esbuild`);
  if (existsSync(installed)) return installed;
  const cache = join(root, `node_modules/.cache/stepwind/esbuild-${version}-${arch}`);
  const program = join(cache, "package/bin/esbuild");
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const packed = execFileSync(
    "npm",
    ["pack", `@esbuild/linux-${arch}@${version}`, "--pack-destination", cache, "--silent"],
    { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  execFileSync("tar", ["-xzf", join(cache, packed.trim()), "-C", cache]);
  return program;
}
