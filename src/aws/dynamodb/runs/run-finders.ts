// What DAG runs are found by in DynamoDB, besides their ids: small items beside the run's own, and
// its keys in the index.
import type { DagRunRecord } from "../../../model/records.ts";
import { type DagRunState, isRunFinished } from "../../../model/states.ts";
import { type ItemKey, joinKey, partitionOf } from "../keys.ts";
import { type Item, text } from "../table/attributes.ts";

/**
 * Runs of a DAG that are listed together; queued and running ones share a list, so that a start
 * moves nothing.
 */
export type RunList = "active" | "success" | "failed";
/** All lists of runs. */
export const RUN_LISTS: readonly RunList[] = ["active", "success", "failed"];

/**
 * Whose logical dates the scheduler asks for: its own; of others, those that no person triggered.
 */
export type DateList = "automated" | "triggered";
/** All lists of dates. */
export const DATE_LISTS: readonly DateList[] = ["automated", "triggered"];

/** The runs of a DAG in one list, oldest `runAfter` first. */
export function runListPartition(dagId: string, list: RunList): string {
  return partitionOf("runs", dagId, list);
}

/**
 * The logical dates of a DAG: all of them, each of which has one run, or those of some run types.
 */
export function datePartition(dagId: string, list?: DateList): string {
  return list === undefined ? partitionOf("dates", dagId) : partitionOf("dates", dagId, list);
}

/**
 * The partitions that a DAG has runs for, by date, `runAfter` and run id: of all runs, or of those
 * that its schedule and backfills made.
 */
export function partitionDates(dagId: string, list?: "automated"): string {
  return partitionOf("partitions", dagId, ...(list === undefined ? [] : [list]));
}

/** The running runs of a DAG, oldest `runAfter` first: those among many queued ones. */
export function runningPartition(dagId: string): string {
  return partitionOf("runs", dagId, "running");
}

/** In which list a run of this state is. */
export function listOf(state: DagRunState): RunList {
  return isRunFinished(state) ? state : "active";
}

/** A small item that leads to a run. */
export interface Finder {
  readonly key: ItemKey;
  readonly runId: string;
  /** Another run must not have it. */
  readonly isUnique?: boolean;
}

/**
 * All that lead to the run; those of two records of a run with the same key of the map are the
 * same.
 */
export function findersOf(run: DagRunRecord): ReadonlyMap<string, Finder> {
  const { dagId, runId, runType, runAfter, state, logicalDate, partitionDate } = run;
  const finders: Finder[] = [
    { key: { pk: runListPartition(dagId, listOf(state)), sk: joinKey([runAfter, runId]) }, runId },
  ];
  if (state === "running") {
    finders.push({ key: { pk: runningPartition(dagId), sk: joinKey([runAfter, runId]) }, runId });
  }
  if (logicalDate !== null) {
    const sk = logicalDate;
    finders.push({ key: { pk: datePartition(dagId), sk }, runId, isUnique: true });
    const list = dateListOf(runType);
    if (list) finders.push({ key: { pk: datePartition(dagId, list), sk }, runId });
  }
  if (partitionDate !== undefined) {
    const sk = joinKey([partitionDate, runAfter, runId]);
    finders.push({ key: { pk: partitionDates(dagId), sk }, runId });
    if (dateListOf(runType) === "automated") {
      finders.push({ key: { pk: partitionDates(dagId, "automated"), sk }, runId });
    }
  }
  return new Map(finders.map((finder) => [`${finder.key.pk} ${finder.key.sk}`, finder]));
}

function dateListOf(runType: DagRunRecord["runType"]): DateList | undefined {
  if (runType === "manual") return undefined;
  return runType === "scheduled" || runType === "backfill" ? "automated" : "triggered";
}

/** The run's place in the index. */
export function indexKeys({ dagId, runId, runAfter, state }: DagRunRecord): Item {
  return { runsPk: text(listOf(state)), runsSk: text(joinKey([runAfter, dagId, runId])) };
}
