// Runs tasks as the worker function does: in a process that stands for it, with user code in another.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { LogEntry } from "../../src/model/records.ts";
import { temporaryFolder } from "../local/temporary-folder.ts";

const SCRIPT = join(import.meta.dirname, "run-tasks.ts");

export interface Ran {
  readonly outcomes: readonly Readonly<Record<string, unknown>>[];
  /** As they were appended. */
  readonly batches: readonly (readonly LogEntry[])[];
  readonly lines: readonly string[];
  /** What the process itself printed. */
  readonly printed: string;
}

export async function runInFunction(
  tasks: string,
  asked: { readonly taskIds: readonly string[]; readonly timeout?: number; readonly left?: number },
): Promise<Ran> {
  const bundle = join(temporaryFolder(), "bundle.mjs");
  const head = `import { Dag, SkipTask } from "stepwind";
import { bash } from "stepwind/operators";
export const dag = new Dag("etl", { schedule: null });
`;
  writeFileSync(bundle, head + tasks);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [SCRIPT, JSON.stringify({ ...asked, bundle })],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const lines = stdout.trimEnd().split("\n");
  const { outcomes, batches }: Pick<Ran, "outcomes" | "batches"> = JSON.parse(lines.pop() ?? "");
  const all = batches.flat().map(({ logger, level, event }) => `${logger} ${level} ${event}`);
  return { outcomes, batches, lines: all, printed: lines.join("\n").trim() };
}
