// Removes bundles that no version needs any more. A version that is made of the same code at the
// same time pardons its bundle, so nothing that is needed goes.
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";

/** Whoever makes a version of a bundle has done so by then: no function lives longer. */
const GRACE_MS = 15 * 60_000;

/** Reads all versions, once for all bundles; nothing when none is condemned. */
export async function sweepBundles({
  metadata,
  bundles,
  clock,
}: Pick<Platform, "metadata" | "bundles" | "clock">): Promise<void> {
  const condemned: string[] = [];
  for await (const { hash, at } of itemsOf(metadata.condemnedBundles.list)) {
    if (Date.parse(at) + GRACE_MS <= clock.now()) condemned.push(hash);
  }
  if (condemned.length === 0) return;
  const used = new Set<string>();
  for await (const { dagId } of itemsOf(metadata.dags.list)) {
    for (const { bundleHash } of await metadata.versions.list(dagId)) used.add(bundleHash);
  }
  for (const hash of condemned) {
    // Pardoned since, by a version that is about to be made.
    if (!(await metadata.condemnedBundles.get(hash))) continue;
    if (!used.has(hash)) await bundles.delete(hash);
    await metadata.condemnedBundles.delete(hash);
  }
}
