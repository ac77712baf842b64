import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type LocalProduct, openLocalProduct } from "../../../src/local/local-platform.ts";
import type { Diagnostic } from "../../../src/model/diagnostics.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";

export interface DagBench {
  readonly product: LocalProduct;
  readonly dagsFolder: string;
  /** Writes the files, then has them processed together. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  remove(file: string): Promise<void>;
  /** Puts a file in the place that nobody can read, not even root: a link to itself. */
  closeOff(file: string): Promise<void>;
  /** Has files processed that were not written here. */
  process(...files: string[]): Promise<void>;
  diagnosticsOf(file: string): Promise<readonly Diagnostic[] | undefined>;
  /**
   * "a.ts#2" for a DAG that is live from a.ts in its second version, "stale" for one that was taken
   * off.
   */
  stateOf(dagId: string): Promise<string | undefined>;
}

/** A product over an empty DAG folder; nothing watches it. */
export async function createDagBench(): Promise<DagBench> {
  const home = temporaryFolder();
  const dagsFolder = join(home, "dags");
  await mkdir(dagsFolder);
  const product = await openLocalProduct({ home, dagsFolder, inMemory: true });
  onTestFinished(() => product.close());
  const { processor, platform } = product;
  return {
    product,
    dagsFolder,
    async write(files) {
      for (const [file, text] of Object.entries(files)) {
        await mkdir(dirname(join(dagsFolder, file)), { recursive: true });
        await writeFile(join(dagsFolder, file), text);
      }
      await processor.processChanged(Object.keys(files));
    },
    async remove(file) {
      await rm(join(dagsFolder, file));
      await processor.processChanged([file]);
    },
    async closeOff(file) {
      await rm(join(dagsFolder, file), { force: true });
      await symlink(file, join(dagsFolder, file));
    },
    process: (...files) => processor.processChanged(files),
    async diagnosticsOf(file) {
      return (await platform.metadata.files.get(file))?.diagnostics;
    },
    async stateOf(dagId) {
      const dag = await platform.metadata.dags.get(dagId);
      return dag && (dag.isStale ? "stale" : `${dag.file}#${dag.versionNumber}`);
    },
  };
}

export function dagText(dagId: string, result = 1): string {
  return `import { Dag } from "stepwind";
export const dag = new Dag("${dagId}");
dag.task("t", async () => ${result})();
`;
}
