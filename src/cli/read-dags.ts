// Reads the DAG folder once, as a server does when it starts: new files, changed ones, and those
// that are gone.
import type { LocalProduct } from "../local/local-platform.ts";

export async function readEveryDagFile({ platform, processor }: LocalProduct): Promise<void> {
  const known = (await platform.metadata.files.list()).map(({ file }) => file);
  await processor.processChanged([...new Set([...(await platform.source.list()), ...known])]);
}
