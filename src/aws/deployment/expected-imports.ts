// What is to become of each DAG file that is pushed, so that its result is recognized when the DAG
// processor records it.
import type { DagFileRecord } from "../../model/records.ts";
import type { DagSource } from "../../ports/dag-source.ts";
import {
  type Bundled,
  bundleDagFile,
  type NotBundled,
} from "../../services/dag-processing/bundle.ts";
import { makesDag } from "../../services/dag-processing/dag-files.ts";

export interface Expected {
  /** As the DAG processor will bundle it: the same files give the same code. */
  readonly bundle: Bundled | NotBundled;
  /** Whether it may turn out to have no DAG, so that nothing of it is recorded. */
  readonly mayDrawNothing: boolean;
}

/** Bundles each DAG file from the texts, as the DAG processor will. By path. */
export async function expectImports(
  texts: ReadonlyMap<string, string>,
  dagFiles: readonly string[],
): Promise<ReadonlyMap<string, Expected>> {
  const expected = new Map<string, Expected>();
  for (const file of dagFiles) {
    const bundle = await bundleDagFile(inMemory(texts), file);
    expected.set(file, { bundle, mayDrawNothing: !makesDag(texts.get(file) ?? "") });
  }
  return expected;
}

/** Whether the record, or that there is none, is the result of what was pushed. */
export function isResultOf(
  { bundle, mayDrawNothing }: Expected,
  record: DagFileRecord | undefined,
): boolean {
  if (!record) return bundle.ok && mayDrawNothing;
  if (bundle.ok) return record.bundleHash === bundle.hash;
  const told = (diagnostics: DagFileRecord["diagnostics"]) =>
    JSON.stringify(diagnostics.map(({ file, line, message }) => [file, line, message]));
  return record.bundleHash === undefined && told(record.diagnostics) === told(bundle.diagnostics);
}

/** The texts as a DAG folder. */
export function inMemory(texts: ReadonlyMap<string, string>): DagSource {
  return { list: async () => [...texts.keys()], read: async (file) => texts.get(file) };
}
