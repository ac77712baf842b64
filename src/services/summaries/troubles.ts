// What waits for people: questions without an answer, and DAG files with errors.
import { isError } from "../../model/dag-files.ts";
import type { Diagnostic } from "../../model/diagnostics.ts";
import { inputRequestKey } from "../../model/ids.ts";
import type { DagFileRecord } from "../../model/records.ts";
import type { InputRequestRecord } from "../../model/waits/input-requests.ts";
import type { Metadata } from "../../ports/metadata.ts";
import { allOf } from "../../ports/pages.ts";

type Stores = Pick<Metadata, "openInputRequests" | "inputRequests" | "taskInstances">;

/** The open questions, oldest first. */
export async function openQuestions({
  openInputRequests,
  inputRequests,
  taskInstances,
}: Stores): Promise<readonly InputRequestRecord[]> {
  const open = await allOf(openInputRequests.list);
  if (open.length === 0) return [];
  const found = await inputRequests.getAll(open.map(({ key }) => key));
  const asked = found.filter(({ response }) => response === undefined);
  const waiting = await taskInstances.getAll(asked);
  const keys = new Set(
    waiting
      .filter(({ state }) => state === "awaiting_input")
      .map((record) => inputRequestKey(record, record.tryNumber)),
  );
  // One whose task was cleared or marked since is of no use any more.
  return asked
    .filter(({ key }) => keys.has(key))
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

/** How much of a file's errors somebody may see: by the DAGs of the file. */
export type Sight = "all" | "redacted" | "none";

/** A file of which no DAG is known hides nothing: it may not have had any yet. */
export function sightOf(dagIds: Iterable<string>, isReadable: (dagId: string) => boolean): Sight {
  const all = [...dagIds];
  const readable = all.filter(isReadable);
  if (readable.length === all.length) return "all";
  return readable.length === 0 ? "none" : "redacted";
}

/** The first error of a file that has some. */
export function firstErrorOf({ diagnostics }: DagFileRecord): Diagnostic | undefined {
  return diagnostics.find(isError);
}
