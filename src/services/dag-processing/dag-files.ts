// Which files of the DAG folder are DAG files, told from name and text alone (Airflow: DAG discovery safe mode).
import { isPackageFile } from "./package-files.ts";

/** Whether the file is worth loading: a script that mentions "stepwind", and neither a test nor a declaration. */
export function isDagFile(file: string, text: string): boolean {
  return (
    !isPackageFile(file) &&
    /\.(?:[mc]?[jt]s|tsx|jsx)$/.test(file) &&
    !/\.(?:d\.[mc]?ts|(?:test|spec)\.[mc]?[jt]sx?)$/.test(file) &&
    /["']stepwind(?:\/|["'])/.test(text)
  );
}

/** Whether the text makes DAGs, so that exporting none is likely a mistake; other files only help. */
export function makesDag(text: string): boolean {
  return /\bnew\s+Dag\s*\(/.test(text);
}
