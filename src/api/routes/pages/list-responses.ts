// Rows of lists below `/ui/` as they are answered.
import { assetConditionOf, itemsOfCondition } from "../../../model/assets/schedules.ts";
import type { RecentRun } from "../../../model/summaries/dag-activity.ts";
import type { DagFacts } from "../../../model/summaries/dag-facts.ts";
import type { RunFailure } from "../../../model/summaries/run-failure.ts";
import { letterOf } from "../../../model/summaries/run-outcome.ts";
import { timetableOf } from "../../../model/timetables/create.ts";
import {
  medianDuration,
  type OpenTroubles,
  runDuration,
  type Trouble,
  troubleOf,
} from "../../../services/summaries/dag-list.ts";
import type { ListedDag } from "../../../services/summaries/directory.ts";
import type { Schema } from "../../document/shapes.ts";
import { toWireDate, toWireDateOrNull } from "../../responses/wire.ts";

export interface RowFacts {
  readonly troubles: OpenTroubles;
  /** Absent where they were not read. */
  readonly favorites?: ReadonlySet<string>;
  readonly nextRunAt: string | undefined;
  /** Of its running run, where it was counted. */
  readonly progress?: Schema<"UiProgress"> | undefined;
}

export function toDagRow(listed: ListedDag, facts: RowFacts): Schema<"UiDagRow"> {
  const { dag, facts: known, activity } = listed;
  const trouble = troubleOf(listed, facts.troubles);
  const [last] = activity.runs;
  return {
    dag_id: dag.dagId,
    dag_display_name: known.displayName ?? dag.dagId,
    description: known.description ?? null,
    tags: known.tags,
    owners: known.owners,
    is_paused: dag.isPaused,
    is_favorite: facts.favorites?.has(dag.dagId) ?? null,
    schedule: toSchedule(known),
    next_run_at: dag.isPaused ? null : toWireDateOrNull(facts.nextRunAt),
    last_run: last ? toRunBrief({ dagId: listed.dag.dagId, listed }, last, facts.progress) : null,
    trouble: trouble ? toTrouble(trouble) : null,
    median_s: medianDuration(listed) ?? null,
    runs: toBars(activity.runs),
  };
}

/** Of a page of one DAG: without what takes reads of its own. */
export function toRowAlone(listed: ListedDag, nextRunAt: string | undefined): Schema<"UiDagRow"> {
  return toDagRow(listed, { troubles: NO_TROUBLES, nextRunAt });
}

const NO_TROUBLES: OpenTroubles = { broken: new Map(), questions: new Map() };

function toBars(runs: readonly RecentRun[]): Schema<"UiRunBars"> {
  const oldestFirst = runs.toReversed();
  return {
    s: oldestFirst.map(({ state }) => letterOf(state)).join(""),
    d: oldestFirst.map((run) => runDuration(run) ?? null),
    ids: oldestFirst.map(({ runId }) => runId),
  };
}

/** What is usual is null for a run whose DAG is no longer listed. */
export function toRunBrief(
  { dagId, listed }: { readonly dagId: string; readonly listed: ListedDag | undefined },
  run: BriefRun,
  progress?: Schema<"UiProgress">,
): Schema<"UiRunBrief"> {
  return {
    dag_id: dagId,
    dag_run_id: run.runId,
    state: run.state,
    run_type: run.runType,
    run_after: toWireDate(run.runAfter),
    start_date: toWireDateOrNull(run.startDate),
    end_date: toWireDateOrNull(run.endDate),
    failure: toFailure(run.failure),
    progress: progress ?? null,
    median_s: (listed && medianDuration(listed)) ?? null,
  };
}

type BriefRun = Pick<
  RecentRun,
  "runId" | "state" | "runType" | "runAfter" | "startDate" | "endDate" | "failure"
>;

export function toFailure(failure: RunFailure | undefined): Schema<"UiFailure"> | null {
  if (!failure) return null;
  const { taskId, mapIndex, message } = failure;
  return { task_id: taskId, map_index: mapIndex, message: message ?? null };
}

export function toTrouble(trouble: Trouble): Schema<"UiTrouble"> {
  return {
    kind: trouble.kind,
    dag_id: trouble.dagId ?? null,
    dag_run_id: trouble.runId ?? null,
    task_id: trouble.taskId ?? null,
    map_index: trouble.mapIndex ?? null,
    since: toWireDate(trouble.since),
    in_a_row: trouble.inARow,
    text: trouble.text ?? null,
    file: trouble.file ?? null,
    line: trouble.line ?? null,
  };
}

function toSchedule(facts: DagFacts): Schema<"UiSchedule"> {
  const { schedule, timezone } = facts;
  const condition = assetConditionOf(schedule);
  const names = condition ? itemsOfCondition(condition).map(assetNameOf) : [];
  return { kind: schedule.kind, summary: summaryOf(facts), timezone, assets: [...new Set(names)] };
}

function assetNameOf(item: ReturnType<typeof itemsOfCondition>[number]): string {
  if ("name" in item && typeof item.name === "string") return item.name;
  return "uri" in item && typeof item.uri === "string" ? item.uri : "";
}

/** Null for a schedule that can't be used, which the planner reports. */
function summaryOf(facts: DagFacts): string | null {
  try {
    return timetableOf(facts).summary;
  } catch {
    return null;
  }
}
