// Imports a bundle away from everything else and answers what it draws.

import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagDocument } from "../model/document.ts";

export interface DagLoader {
  /**
   * Never rejects for what the file does: a throw, an endless loop or an exit at import is a
   * diagnostic. A DAG with an error in its diagnostics is left out of `dags`. Rejects when the
   * loader is closed.
   */
  load(bundle: { readonly hash: string; readonly file: string }): Promise<{
    readonly dags: readonly DagDocument[];
    readonly diagnostics: readonly Diagnostic[];
    /**
     * Files of the DAG folder that it looked for on disk, and folders that it listed, with "/" at
     * the end; absent where there is no disk with a DAG folder.
     */
    readonly reads?: readonly string[];
  }>;
}
