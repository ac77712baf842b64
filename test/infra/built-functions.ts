// Builds the code of the functions once for the tests of the deployment.
import { execFileSync } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Takes some seconds; more the first time, when esbuild's programs are fetched. */
export function buildFunctions(): void {
  execFileSync(process.execPath, ["scripts/build-functions.ts"], { cwd: ROOT, stdio: "ignore" });
}

/** Bytes of each function's code, without source maps. */
export function sizesOfFunctions(): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const file of globSync("dist/lambda/*/**/*", { cwd: ROOT })) {
    if (file.endsWith(".map")) continue;
    const name = file.split(/[/\\]/)[2] ?? "";
    sizes.set(name, (sizes.get(name) ?? 0) + statSync(join(ROOT, file)).size);
  }
  return sizes;
}
