// The DAG folder of a command: refused in words when it isn't there or can't be read.
import { readdir } from "node:fs/promises";
import type { Places } from "./session.ts";
import { Failure } from "./terminal/failure.ts";

/** Throws a Failure unless the folder is there and can be read. */
export async function checkDagsFolder({
  dagsFolder,
  dagsFolderText,
}: Pick<Places, "dagsFolder" | "dagsFolderText">): Promise<void> {
  try {
    await readdir(dagsFolder);
  } catch (error) {
    throw toDagsFolderFailure(error, dagsFolderText);
  }
}

/** The failure for an error of reading the folder; errors about anything else stay as they are. */
function toDagsFolderFailure(error: unknown, folder: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return new Failure(`There is no DAG folder "${folder}" here`, {
        hint: "Make a project with: npx stepwind init my-project\nor name another folder with --dags DIR",
      });
    case "ENOTDIR":
      return new Failure(`The DAG folder "${folder}" is a file`, {
        hint: "Name the folder that holds the DAG files with --dags DIR",
      });
    case "EACCES":
    case "EPERM":
      return new Failure(`The DAG folder "${folder}" can't be read: permission denied`, {
        hint: "Run stepwind as a user who may read it, or name another folder with --dags DIR",
      });
    default:
      return error;
  }
}
