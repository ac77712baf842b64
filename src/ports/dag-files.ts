// What the metadata say of DAG files.
import type { DagFileRecord } from "../model/records.ts";

/** What became of each DAG file, by its path. */
export interface DagFileStore {
  get(file: string): Promise<DagFileRecord | undefined>;
  put(record: DagFileRecord): Promise<void>;
  delete(file: string): Promise<void>;
  /** Every DAG file, by path. */
  list(): Promise<readonly DagFileRecord[]>;
  /** Those of the paths that have a record, in any order. */
  getAll(files: readonly string[]): Promise<readonly DagFileRecord[]>;
  /**
   * Paths of the files that import one of these paths, or list a folder that one of them is in.
   * Other records are not read.
   */
  listImporters(paths: readonly string[]): Promise<readonly string[]>;
  /** Paths of the files that make one of these DAGs while another file has the id. */
  listClaimants(dagIds: readonly string[]): Promise<readonly string[]>;
  /** The files with errors, by path. */
  listBroken(): Promise<readonly DagFileRecord[]>;
}
