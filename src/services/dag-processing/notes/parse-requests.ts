// DAG files that somebody wants parsed again (Airflow: DagPriorityParsingRequest). A request is kept
// until the file was processed, by whichever process has the DAG processor.
import type { ParseRequestRecord } from "../../../model/records.ts";
import { itemsOf } from "../../../ports/pages.ts";
import type { Platform } from "../../../ports/platform.ts";
import type { DagProcessor } from "../dag-processor.ts";

type Requests = Pick<Platform["metadata"], "parseRequests">;

/** Repeating is safe. */
export async function requestParsing(
  { metadata, clock }: { readonly metadata: Requests } & Pick<Platform, "clock">,
  file: string,
): Promise<void> {
  await metadata.parseRequests.put({ file, requestedAt: new Date(clock.now()).toISOString() });
}

export async function listParseRequests({
  parseRequests,
}: Requests): Promise<readonly ParseRequestRecord[]> {
  const requests: ParseRequestRecord[] = [];
  for await (const request of itemsOf(parseRequests.list)) requests.push(request);
  return requests;
}

/** Their files were processed. One that was made again meanwhile stays. */
export async function settleParseRequests(
  { parseRequests }: Requests,
  requests: readonly ParseRequestRecord[],
): Promise<void> {
  for (const { file, requestedAt } of requests) {
    const now = await parseRequests.get(file);
    if (now?.requestedAt === requestedAt) await parseRequests.delete(file);
  }
}

/** Processes the files of all requests that there are. */
export async function processRequested(
  metadata: Requests,
  processor: Pick<DagProcessor, "processChanged">,
): Promise<void> {
  const requests = await listParseRequests(metadata);
  await processor.processChanged(requests.map(({ file }) => file));
  await settleParseRequests(metadata, requests);
}
