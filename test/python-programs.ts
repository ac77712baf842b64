// Programs from PyPI that tests run, installed once per machine beside its other temporary files.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * Answers the folder of the programs. They name the Python that they run with by its path as it was
 * when they were installed, so they are called by way of `python`.
 */
export async function installPrograms(versions: Readonly<Record<string, string>>): Promise<string> {
  const names = Object.entries(versions).map(([name, version]) => `${name}==${version}`);
  const folder = join(tmpdir(), `stepwind-${names.join("-").replaceAll("==", "-")}`);
  if (existsSync(folder)) return join(folder, "bin");
  // Made aside and moved into place whole.
  const making = await mkdtemp(`${folder}-`);
  try {
    const run = promisify(execFile);
    await run("python3", ["-m", "venv", making]);
    const pip = ["-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"];
    await run(join(making, "bin/python"), [...pip, ...names]);
    await rename(making, folder);
  } catch (cause) {
    await rm(making, { recursive: true, force: true });
    if (!existsSync(folder)) {
      const message = `${names.join(" and ")} could not be installed; it needs python3 with venv, and PyPI`;
      throw new Error(message, { cause });
    }
  }
  return join(folder, "bin");
}
