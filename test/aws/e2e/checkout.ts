// A copy of this checkout that can be changed and deployed: the next version of the product.
import {
  appendFileSync,
  cpSync,
  globSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");
/** All that deploying reads. */
const PARTS = ["bin", "functions", "infra", "scripts", "src", "cdk.json", "package.json"];

/** Copies it into the empty folder. */
export function copyCheckout(folder: string): void {
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
}

/**
 * Gives the product another version, which stands in its functions' configuration, and each
 * function other code.
 */
export function release(folder: string, version: string): void {
  const file = join(folder, "package.json");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/"version": "[^"]+"/, `"version": "${version}"`));
  for (const each of globSync("functions/*.ts", { cwd: folder })) {
    appendFileSync(join(folder, each), `\nexport const release = "${version}";\n`);
  }
}
