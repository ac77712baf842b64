// The product over a copy of a home folder that can't be written, for commands that only read: DAG
// files are read into the copy; logs, results and encryption keys stay where they are; the copy is
// removed.
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalOptions, LocalProduct } from "../local/local-platform.ts";

/** The write-ahead log holds what a process that was killed has not written to the database yet. */
const FILES = ["metadata.db", "metadata.db-wal"];

export async function openHomeCopy(
  options: LocalOptions,
  open: (options: LocalOptions) => Promise<LocalProduct>,
): Promise<LocalProduct> {
  const { home } = options;
  const copy = await mkdtemp(join(tmpdir(), "stepwind-copy-"));
  const remove = () => rm(copy, { recursive: true, force: true });
  try {
    for (const name of FILES) await copyIfThere(join(home, name), join(copy, name));
    const product = await open({ ...options, home: copy, historyHome: home });
    return {
      ...product,
      async close() {
        await product.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
}
