// The XCom backend of one machine: a file per large value, under a folder per DAG and run.
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { XComs } from "../ports/xcoms.ts";
import { writeFileDurably } from "./durable-files.ts";
import { toHash, toSafeName } from "./safe-names.ts";

/**
 * A reference is the file's path below the folder. It is another one for another value, so a try
 * whose result is refused can't replace the value of the try that counts.
 */
export function createFileXComs(folder: string): XComs {
  return {
    async put({ dagId, runId, taskId, mapIndex }, name, value) {
      const hash = toHash(taskId, String(mapIndex), name, value);
      const ref = `${toSafeName(dagId)}/${toSafeName(runId)}/${toSafeName(taskId)}.${hash}.json`;
      await writeFileDurably(join(folder, ref), value);
      return ref;
    },
    async get(ref) {
      if (!isRef(ref)) throw new Error(`"${ref}" refers to no XCom`);
      try {
        return await readFile(join(folder, ref), "utf8");
      } catch (cause) {
        throw new Error(`XCom "${ref}" can't be read from ${folder}`, { cause });
      }
    },
    async deleteDag(dagId) {
      await rm(join(folder, toSafeName(dagId)), { recursive: true, force: true });
    },
    async deleteRun(dagId, runId) {
      const path = join(folder, toSafeName(dagId), toSafeName(runId));
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Three safe names, none of which leads out of the folder. */
function isRef(ref: string): boolean {
  return /^[^/\\.][^/\\]*\/[^/\\.][^/\\]*\/[^/\\.][^/\\]*\.json$/.test(ref);
}
