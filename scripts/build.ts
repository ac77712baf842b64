// Builds dist/ for `npm pack`: JavaScript, source maps and declarations, because Node strips no
// types below node_modules; and for deployments the construct and the code of the Lambda functions.
import { spawnSync } from "node:child_process";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));

rmSync(join(root, "dist"), { recursive: true, force: true });
// Messages go to stderr: the stdout of "npm pack" is the name of the tarball.
run(join(typescript, "bin/tsc"), "-p", "tsconfig.build.json");
run(join(typescript, "bin/tsc"), "-p", "tsconfig.cdk.json");
run("scripts/build-functions.ts");

function run(...command: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [...command], {
    cwd: root,
    stdio: ["ignore", process.stderr, process.stderr],
  });
  if (status !== 0) process.exit(1);
}

// tsc rewrites import specifiers in JavaScript only. Examples in comments stay as they are.
const CODE_LINE = /^(?!\s*\*).*$/gm;
const SPECIFIER = /(\bfrom |\bimport[ (])"(\.{1,2}\/[^"]+)\.ts"/g;
for (const file of globSync("dist/**/*.d.ts", { cwd: root })) {
  const path = join(root, file);
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text.replaceAll(CODE_LINE, (line) => line.replaceAll(SPECIFIER, '$1"$2.js"')),
  );
}
