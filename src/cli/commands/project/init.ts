// stepwind init: writes a small project into a folder, and never over a file that is there.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { projectFiles } from "./project-files.ts";
import { stepwindDependency } from "./stepwind-dependency.ts";

export async function init({ terminal, paint }: Session, dir: string): Promise<void> {
  const folder = resolve(terminal.cwd, dir);
  await mkdir(folder, { recursive: true });
  const files = projectFiles({
    name: toPackageName(basename(folder)),
    stepwind: stepwindDependency(folder),
    bringsNode: terminal.env.STEPWIND_NODE_TOO_OLD !== undefined,
  });
  const taken = files.filter(({ path }) => existsSync(join(folder, path)));
  if (taken.length > 0) {
    const names = taken.map(({ path }) => path).join(", ");
    throw new Failure(`${dir} already has ${names}`, {
      hint: "Nothing was written. Choose another folder: npx stepwind init my-project",
    });
  }
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    // "wx": a file that appeared meanwhile is not overwritten either.
    await writeFile(join(folder, path), text, { flag: "wx" });
    terminal.out(`${paint.green("+")} ${relative(terminal.cwd, join(folder, path))}\n`);
  }
  const enter = folder === terminal.cwd ? [] : [`cd ${relative(terminal.cwd, folder)}`];
  const steps = [...enter, "npm install", "npx stepwind standalone"];
  terminal.out(`\nNext:\n${steps.map((step) => `  ${paint.bold(step)}\n`).join("")}`);
}

/** npm's rules for names. */
function toPackageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return name === "" ? "my-project" : name;
}
