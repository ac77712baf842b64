// What lists read besides the directory of DAGs: troubles that the caller may see, and how far
// running runs have got.
import type { RecentRun } from "../../../model/summaries/dag-activity.ts";
import type { InputRequestRecord } from "../../../model/waits/input-requests.ts";
import { type OpenTroubles, openTroubles } from "../../../services/summaries/dag-list.ts";
import type { ListedDag } from "../../../services/summaries/directory.ts";
import { type Progress, progressOf } from "../../../services/summaries/progress.ts";
import { openQuestions, sightOf } from "../../../services/summaries/troubles.ts";
import type { Principal } from "../../access/principal.ts";
import type { ApiContext } from "../../context.ts";

export interface Counted extends OpenTroubles {
  /** Open questions, oldest first. */
  readonly asked: readonly InputRequestRecord[];
  readonly questionCount: number;
}

/** The files of which the caller may see all, and questions of DAGs that it may see. */
export async function seenTroubles(
  { platform: { metadata } }: ApiContext,
  principal: Principal,
): Promise<Counted> {
  const [broken, questions] = await Promise.all([
    principal.may("GET import_errors") ? metadata.files.listBroken() : [],
    principal.may("GET dag.hitl_detail") ? openQuestions(metadata) : [],
  ]);
  const seenFiles = broken.filter(
    ({ dagIds }) => sightOf(dagIds, (dagId) => principal.may("GET dag", dagId)) === "all",
  );
  const asked = questions.filter(({ dagId }) => principal.may("GET dag.hitl_detail", dagId));
  return { ...openTroubles(seenFiles, asked), asked, questionCount: asked.length };
}

/** Runs of an answer of which the task instances are counted: each is a read. */
const MOST_COUNTED = 2;

/** How far the first of the runs have got. */
export async function countedProgress(
  { platform, services }: ApiContext,
  running: readonly { readonly listed: ListedDag; readonly run: RecentRun }[],
): Promise<ReadonlyMap<RecentRun, Progress>> {
  const context = { metadata: platform.metadata, versions: services.versions };
  const counted = await Promise.all(
    running.slice(0, MOST_COUNTED).map(async ({ listed: { dag }, run }) => {
      return [run, await progressOf(context, { dagId: dag.dagId, ...run })] as const;
    }),
  );
  return new Map(counted);
}
