// The list of DAGs: what is wrong with each, its filters, and its order.
import { assetConditionOf, timeScheduleOf } from "../../model/assets/schedules.ts";
import type { DagFileRecord } from "../../model/records.ts";
import { hasRunIn, isFailing, type RecentRun } from "../../model/summaries/dag-activity.ts";
import { medianOf } from "../../model/summaries/run-outcome.ts";
import type { InputRequestRecord } from "../../model/waits/input-requests.ts";
import type { ListedDag } from "./directory.ts";
import { firstErrorOf } from "./troubles.ts";

/** What waits for people, besides runs that have failed. */
export interface OpenTroubles {
  /** Files with errors, by path. */
  readonly broken: ReadonlyMap<string, DagFileRecord>;
  /** The oldest open question of each DAG that has some. */
  readonly questions: ReadonlyMap<string, InputRequestRecord>;
}

export function openTroubles(
  broken: readonly DagFileRecord[],
  questions: readonly InputRequestRecord[],
): OpenTroubles {
  const oldest = new Map<string, InputRequestRecord>();
  for (const each of questions) if (!oldest.has(each.dagId)) oldest.set(each.dagId, each);
  return { broken: new Map(broken.map((record) => [record.file, record])), questions: oldest };
}

/** What is wrong with a DAG, or with a file. */
export interface Trouble {
  readonly kind: "failed" | "answer" | "file";
  readonly dagId?: string;
  readonly runId?: string;
  readonly taskId?: string;
  readonly mapIndex?: number;
  /** UTC ISO text. */
  readonly since: string;
  readonly inARow: number;
  readonly text?: string;
  readonly file?: string;
  readonly line?: number;
}

/** A failed run comes first, then a question, then the error of its file. */
export function troubleOf(
  { dag, activity }: ListedDag,
  { broken, questions }: OpenTroubles,
): Trouble | undefined {
  const { lastEnded } = activity;
  if (lastEnded && isFailing(activity))
    return toFailure(dag.dagId, lastEnded, activity.failedInARow);
  const question = questions.get(dag.dagId);
  if (question) return toQuestion(question);
  const file = broken.get(dag.file);
  return file && { ...toBrokenFile(file), dagId: dag.dagId };
}

function toFailure(dagId: string, run: RecentRun, inARow: number): Trouble {
  const { runId, runAfter, endDate, failure } = run;
  return {
    kind: "failed",
    dagId,
    runId,
    since: endDate ?? runAfter,
    inARow,
    ...(failure && { taskId: failure.taskId, mapIndex: failure.mapIndex }),
    ...(failure?.message === undefined ? {} : { text: failure.message }),
  };
}

export function toQuestion(question: InputRequestRecord): Trouble {
  const { dagId, runId, taskId, mapIndex, createdAt, subject } = question;
  return {
    kind: "answer",
    dagId,
    runId,
    taskId,
    mapIndex,
    since: createdAt,
    inARow: 0,
    text: subject,
  };
}

export function toBrokenFile(record: DagFileRecord): Trouble {
  const error = firstErrorOf(record);
  const { line, file = record.file, message } = error ?? {};
  return {
    kind: "file",
    since: record.processedAt,
    inARow: 0,
    file,
    ...(message === undefined ? {} : { text: message }),
    ...(line === undefined ? {} : { line }),
  };
}

export type DagListState = "failing" | "running" | "waiting" | "paused" | "active";

/** Of a paused DAG nothing is to be expected: it counts as paused alone. */
export function isInState(listed: ListedDag, state: DagListState, troubles: OpenTroubles): boolean {
  const { dag, activity } = listed;
  switch (state) {
    case "failing":
      return !dag.isPaused && isFailing(activity);
    case "running":
      return hasRunIn(activity, "running");
    case "waiting":
      return troubles.questions.has(dag.dagId);
    case "paused":
      return dag.isPaused;
    case "active":
      return !dag.isPaused;
  }
}

export interface DagListFilter {
  readonly tags: readonly string[];
  readonly owners: readonly string[];
  readonly schedule?: "time" | "assets" | "none" | undefined;
  readonly text?: string | undefined;
}

/** Whether the DAG has one of the tags, one of the owners, the schedule and the text. */
export function passes({ dag, facts }: ListedDag, filter: DagListFilter): boolean {
  const { tags, owners, schedule, text } = filter;
  if (tags.length > 0 && !tags.some((tag) => facts.tags.includes(tag))) return false;
  if (owners.length > 0 && !owners.some((owner) => facts.owners.includes(owner))) return false;
  if (schedule !== undefined && scheduleKind(facts.schedule) !== schedule) return false;
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  const texts = [dag.dagId, facts.displayName ?? "", facts.description ?? "", ...facts.tags];
  return texts.some((each) => each.toLowerCase().includes(wanted));
}

function scheduleKind(schedule: ListedDag["facts"]["schedule"]): "time" | "assets" | "none" {
  if (assetConditionOf(schedule)) return "assets";
  const { kind } = timeScheduleOf(schedule);
  return kind === "none" || kind === "partitioned-at-runtime" ? "none" : "time";
}

export type DagListOrder = "attention" | "name" | "last_run" | "next_run" | "duration";

export interface OrderFacts {
  readonly troubles: OpenTroubles;
  nextRunAt(listed: ListedDag): string | undefined;
}

/** Sorted; equal ones by id. What is absent comes last. */
export function inOrder(
  dags: readonly ListedDag[],
  order: DagListOrder,
  { troubles, nextRunAt }: OrderFacts,
): readonly ListedDag[] {
  const byId = (a: ListedDag, b: ListedDag) => (a.dag.dagId < b.dag.dagId ? -1 : 1);
  const by = (keyOf: (listed: ListedDag) => string | number | undefined, sign = 1) => {
    const keys = new Map(dags.map((listed) => [listed, keyOf(listed)]));
    return dags.toSorted((a, b) => sign * compare(keys.get(a), keys.get(b), sign) || byId(a, b));
  };
  switch (order) {
    case "attention":
      return by((listed) => attentionRank(listed, troubles));
    case "name":
      return by(({ dag, facts }) => (facts.displayName ?? dag.dagId).toLowerCase());
    case "last_run":
      return by(({ activity }) => activity.runs[0]?.runAfter, -1);
    case "next_run":
      return by((listed) => (listed.dag.isPaused ? undefined : nextRunAt(listed)));
    case "duration":
      return by(medianDuration, -1);
  }
}

/** The absent one is the greater, whichever way it is sorted. */
function compare(
  a: string | number | undefined,
  b: string | number | undefined,
  sign: number,
): number {
  if (a === b) return 0;
  if (a === undefined) return sign;
  if (b === undefined) return -sign;
  return a < b ? -1 : 1;
}

function attentionRank(listed: ListedDag, troubles: OpenTroubles): number {
  if (isInState(listed, "failing", troubles)) return 0;
  if (troubles.questions.has(listed.dag.dagId)) return 1;
  if (troubles.broken.has(listed.dag.file)) return 2;
  if (hasRunIn(listed.activity, "running")) return 3;
  return listed.dag.isPaused ? 5 : 4;
}

/** Seconds that the last successful runs took, in the middle. */
export function medianDuration({ activity }: ListedDag): number | undefined {
  const durations = activity.runs
    .filter(({ state }) => state === "success")
    .map(runDuration)
    .filter((each) => each !== undefined);
  return medianOf(durations) ?? undefined;
}

/** Seconds; undefined for a run that has not begun or not ended. */
export function runDuration({
  startDate,
  endDate,
}: Pick<RecentRun, "startDate" | "endDate">): number | undefined {
  if (startDate === undefined || endDate === undefined) return undefined;
  return (Date.parse(endDate) - Date.parse(startDate)) / 1_000;
}
