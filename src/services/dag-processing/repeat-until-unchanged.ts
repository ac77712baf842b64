// Work on DAG files that others may change, or work on, at the same time: what was read is looked
// at again afterwards.
import type { DagSource } from "../../ports/dag-source.ts";

/**
 * Does the work, and again whenever a file that it has read is another by its end. So of several
 * that work on the same files, the one that writes last has seen the files as they are.
 */
export async function repeatUntilUnchanged(
  source: DagSource,
  work: (source: DagSource) => Promise<void>,
): Promise<void> {
  for (;;) {
    const seen = new Map<string, string | undefined>();
    const changed = new Set<string>();
    await work({
      ...source,
      async read(file) {
        const text = await source.read(file);
        if (seen.has(file) && seen.get(file) !== text) changed.add(file);
        seen.set(file, text);
        return text;
      },
    });
    const now = await Promise.all([...seen.keys()].map((file) => source.read(file)));
    const isSteady = [...seen.values()].every((text, index) => text === now[index]);
    if (isSteady && changed.size === 0) return;
  }
}
