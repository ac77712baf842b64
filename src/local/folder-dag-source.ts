// DAG files in a folder on disk, read as if it were a bucket: plain paths, and nothing outside of
// it.
import type { Dirent } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isDagName, isDagPath } from "../model/dag-paths.ts";
import { type DagSource, UnreadableFile } from "../ports/dag-source.ts";

/** What `read` answers undefined for, instead of throwing. */
const NOT_A_FILE: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG"]);

/** What is wrong with one file, and not with the disk. */
const UNREADABLE: ReadonlyMap<unknown, string> = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "the system does not permit it"],
  ["ELOOP", "it is a link that leads in a circle"],
  ["ERR_STRING_TOO_LONG", "it is too large to be a text"],
  ["ERR_FS_FILE_TOO_LARGE", "it is too large"],
]);

/**
 * A folder that was removed while we looked, or that we may not list: each known file in it says
 * so.
 */
const CLOSED: ReadonlySet<unknown> = new Set(["ENOENT", "EACCES", "EPERM"]);

/**
 * Leaves out `node_modules` and names that begin with a dot, follows links. Packages are looked up
 * from the folder itself if not told otherwise. `list` throws when the folder isn't there: an
 * absent folder is not one without DAGs.
 */
export function createFolderDagSource(
  folder: string,
  { packagesFrom = folder }: { readonly packagesFrom?: string } = {},
): DagSource {
  const root = resolve(folder);
  return {
    packagesFrom: resolve(packagesFrom),
    async list() {
      const { files } = await listFolder(root, { prefix: "", around: [] });
      return files.sort();
    },
    async read(file) {
      if (!isDagPath(file)) return undefined;
      try {
        return await readFile(join(root, file), "utf8");
      } catch (error) {
        const code = codeOf(error);
        if (NOT_A_FILE.has(code)) return undefined;
        const reason = UNREADABLE.get(code);
        if (reason !== undefined) throw new UnreadableFile(file, { reason, cause: error });
        throw error;
      }
    },
  };
}

/** The folder and those in it that `list` looks into. Throws when the folder isn't there. */
export async function listDagFolders(folder: string): Promise<readonly string[]> {
  const root = resolve(folder);
  const { folders } = await listFolder(root, { prefix: "", around: [] });
  return [root, ...folders.map((path) => join(root, path))];
}

interface Listing {
  readonly files: string[];
  readonly folders: string[];
}

const NOTHING: Listing = { files: [], folders: [] };

/**
 * `around` holds the real paths of the folders that this one is in: a link to one of them would
 * never end.
 */
async function listFolder(
  folder: string,
  { prefix, around }: { readonly prefix: string; readonly around: readonly string[] },
): Promise<Listing> {
  const real = await realpath(folder);
  if (around.includes(real)) return NOTHING;
  const entries = await readdir(folder, { withFileTypes: true });
  const lists = await Promise.all(
    entries
      .filter(({ name }) => isDagName(name))
      .map(async (entry) => {
        const path = join(folder, entry.name);
        const own = prefix + entry.name;
        const kind = await kindOf(entry, path);
        if (kind === "file") return { files: [own], folders: [] };
        if (kind !== "folder") return NOTHING;
        const listing = await listFolder(path, {
          prefix: `${own}/`,
          around: [...around, real],
        }).catch((error: unknown) => {
          if (CLOSED.has(codeOf(error))) return NOTHING;
          throw error;
        });
        return { files: listing.files, folders: [own, ...listing.folders] };
      }),
  );
  return {
    files: lists.flatMap(({ files }) => files),
    folders: lists.flatMap(({ folders }) => folders),
  };
}

async function kindOf(entry: Dirent, path: string): Promise<"file" | "folder" | "other"> {
  const target = entry.isSymbolicLink() ? await stat(path).catch(() => entry) : entry;
  if (target.isFile()) return "file";
  return target.isDirectory() ? "folder" : "other";
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
