// Lets esbuild start in a function; to be imported before it. Its program is beside this code,
// one for each kind of processor. Unpacking may have lost its run bit and the place can't be
// written, so it is copied once.
import { chmodSync, copyFileSync, existsSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL(`./esbuild-${process.arch}`, import.meta.url));
const copy = join(tmpdir(), "stepwind-esbuild");

if (existsSync(program)) {
  if (!existsSync(copy)) {
    const aside = `${copy}-${process.pid}`;
    copyFileSync(program, aside);
    chmodSync(aside, 0o755);
    renameSync(aside, copy);
  }
  process.env.ESBUILD_BINARY_PATH = copy;
}
