// The sensor that waits for a file.
import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { getClient } from "../../sdk/context.ts";
import type { Input } from "../../sdk/inputs.ts";
import { createOperator, type Operator, type OperatorCall } from "../../sdk/operator.ts";
import { findPaths, isFolder } from "./find-files.ts";
import { type SensorFields, toSensorOptions } from "./sensor-options.ts";

export interface FileSensorOptions extends SensorFields {
  /**
   * A file or folder, a template; relative to the connection's path. "*", "?" and "[…]" stand for
   * parts of names.
   */
  readonly filepath: Input<string>;
  /** Whether "**" stands for any number of folders; false by default. */
  readonly recursive?: boolean;
  /** The connection whose extra has the `path`; "fs_default", which is "/" if it isn't set. */
  readonly fsConnId?: string;
}

const DEFAULT_CONNECTION = "fs_default";

/**
 * Waits for a file, or for a folder with a file somewhere in it, on this machine (Airflow:
 * FileSensor). On AWS there are no such files, so a DAG with it is refused there.
 *
 * ```ts
 * const landed = dag.task("landed", fileSensor({ filepath: "/data/in/{{ ds }}/*.csv" }))();
 * ```
 */
export function fileSensor(options: FileSensorOptions): Operator<void, { filepath: string }> {
  const { filepath, recursive = false, fsConnId = DEFAULT_CONNECTION } = options;
  return createOperator({
    name: "fileSensor",
    templateFields: ["filepath"],
    fields: { filepath, recursive, fsConnId },
    sensor: toSensorOptions(options),
    async execute({ fields, log }: OperatorCall) {
      const pattern = toPath(await basePath(fsConnId), String(fields.filepath));
      log.info(`Poking for file ${pattern}`);
      for await (const path of findPaths(pattern, { recursive })) {
        const found = await findFile(path);
        if (found === undefined) continue;
        log.info(`Found File ${found}`);
        return true;
      }
      return false;
    },
  });
}

/** Airflow: FSHook.get_path. */
async function basePath(connId: string): Promise<string> {
  const connection = await getClient().getConnection(connId);
  if (connection) return String(connection.extraDejson.path ?? "");
  if (connId === DEFAULT_CONNECTION) return "/";
  throw new Error(`Connection "${connId}" is not set; fileSensor takes the path in its extra`);
}

function toPath(base: string, filepath: string): string {
  return isAbsolute(filepath) || base === "" ? filepath : join(base, filepath);
}

/** The path itself, or a file in the folder; undefined if there is none. */
async function findFile(path: string): Promise<string | undefined> {
  if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  const entries = await readdir(path).catch(() => []);
  for (const name of entries) {
    const inner = join(path, name);
    if (!(await isFolder(inner))) return inner;
    const found = await findFile(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
