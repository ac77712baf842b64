// Functions have no DAG folder on their disk: DAG files and what they import come as one bundle.
// `import.meta` of a DAG file leads to a path that says so, whatever reads it.
import type { AbsentFolder } from "../../runtime/load-dags.ts";

export const ABSENT_DAG_FOLDER: AbsentFolder = {
  folder: "/dag-folder-is-not-on-lambda",
  hint: 'Lambda has no files beside the DAG file on its disk; import them, which bundles them: import text from "./query.sql"',
};
