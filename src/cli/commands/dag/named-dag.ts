// The DAG that a command without a server is about: named by its file, or by its id in the DAG folder.
import { dirname } from "node:path";
import type { DagFileRecord, DagVersionRecord } from "../../../model/records.ts";
import { checkDagsFolder } from "../../dags-folder.ts";
import { hintFor } from "../../look-ups.ts";
import { chooseDag, openScratch, placeOf, type Scratch, showMistakes } from "../../scratch.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { formatCallback } from "../../terminal/log-lines.ts";

export interface NamedDag {
  readonly fileOrId: string;
  /** Which DAG of the file; it need not be said if there is one. */
  readonly dagId?: string;
}

/** Opens a product of its own over the file, or over the whole DAG folder for an id. */
export async function openNamed(
  session: Session,
  places: Places,
  { fileOrId }: NamedDag,
): Promise<Scratch> {
  const { dagsFolder } = places;
  const { terminal, paint } = session;
  const place = isPath(fileOrId)
    ? await placeOf(session, { file: fileOrId, dagsFolder })
    : undefined;
  if (!place && isPath(fileOrId)) throw new Failure(`There is no file ${fileOrId}`);
  if (!place) await checkDagsFolder(places);
  return openScratch({
    ...(place ?? { dagsFolder }),
    report: {
      info: (_, event) => {
        if (event?.kind === "callback-wrote") terminal.out(formatCallback(event, paint));
      },
      warn: (message) => terminal.err(`${paint.yellow("warning")} ${message}\n`),
      error: (message) => terminal.err(`${paint.red("error")} ${message}\n`),
    },
  });
}

/** DAG ids also have dots, but hardly end like a file of code. */
function isPath(fileOrId: string): boolean {
  return /[/\\]|\.[cm]?[jt]sx?$/.test(fileOrId);
}

/** The DAG that is meant; shows the mistakes of the files that may hold it. */
export async function chooseNamed(
  session: Session,
  scratch: Scratch,
  { fileOrId, dagId, dagsFolderText }: NamedDag & Pick<Places, "dagsFolderText">,
): Promise<DagVersionRecord> {
  if (isPath(fileOrId)) {
    for (const record of scratch.files) {
      showMistakes(session, [record], folderOf(fileOrId, record.file));
    }
    return chooseDag(scratch.versions, { dagId, where: fileOrId });
  }
  const version = scratch.versions.find((each) => each.dagId === fileOrId);
  if (version) return version;
  await refuseBroken(session, scratch, { dagId: fileOrId, dagsFolderText });
  const ids = scratch.versions.map((each) => each.dagId);
  throw new Failure(`There is no DAG "${fileOrId}"`, {
    hint: hintFor(fileOrId, ids, `There are: ${ids.join(", ") || "none"}`),
  });
}

/**
 * If files with mistakes name the DAG, shows their mistakes and throws: they are why it isn't
 * there.
 */
async function refuseBroken(
  session: Session,
  scratch: Scratch,
  { dagId, dagsFolderText }: { readonly dagId: string; readonly dagsFolderText: string },
): Promise<void> {
  const { source } = scratch.product.platform;
  const named: DagFileRecord[] = [];
  for (const record of scratch.files) {
    if (!record.diagnostics.some(({ severity }) => severity === "error")) continue;
    // One that can't be read may be it.
    const isUnreadable = record.diagnostics.some(({ code }) => code === "file-unreadable");
    if (isUnreadable || (await source.read(record.file))?.includes(dagId)) named.push(record);
  }
  if (named.length === 0) return;
  showMistakes(session, named, dagsFolderText);
  throw new Failure(`DAG "${dagId}" can't run: its file has mistakes`, {
    hint: "Mend what is reported above",
  });
}

/** The DAG folder as the person wrote it, for a file in it or in a folder of it. */
function folderOf(path: string, file: string): string {
  return path.endsWith(`/${file}`) ? path.slice(0, -file.length) : dirname(path);
}
