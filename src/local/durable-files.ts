// Files that are there whole or not at all, and stay when the power goes.
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Replaces the file, with its folders if need be; when this resolves, the content is on disk.
 * `mode` says who may read it.
 */
export async function writeFileDurably(
  file: string,
  content: string,
  { mode }: { readonly mode?: number } = {},
): Promise<void> {
  const folder = dirname(file);
  const firstMade = await mkdir(folder, { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  // A new name is durable once its folder is synced, and a new folder once the one around it is.
  const outermost = firstMade === undefined ? folder : dirname(firstMade);
  for (let changed = folder; ; changed = dirname(changed)) {
    await syncFolder(changed);
    if (changed === outermost) return;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
