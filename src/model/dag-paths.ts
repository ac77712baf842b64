// Which paths belong to a DAG folder, on disk or in a bucket: plain ones, inside of it, without
// packages and hidden files.

/** Whether a file or folder of this name is looked at. */
export function isDagName(name: string): boolean {
  return name !== "node_modules" && !name.startsWith(".");
}

/** Whether the path may name a file of the folder: it has no empty, hidden or climbing part. */
export function isDagPath(path: string): boolean {
  return !/[\\\0]/.test(path) && path.split("/").every((part) => part !== "" && isDagName(part));
}
