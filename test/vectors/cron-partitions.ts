// One case of what Airflow's CronPartitionTimetable gave, run against the model.
import type { Schedule } from "../../src/model/document.ts";
import { PythonError } from "../../src/model/python/errors.ts";
import { createTimetable } from "../../src/model/timetables/create.ts";
import type { NextRun } from "../../src/model/timetables/timetable.ts";

interface PartitionRun {
  readonly run_after: string;
  readonly date: string;
  readonly key: string;
}

/**
 * `last` is when the newest automated run was due; `runs` follow one another at the same moment.
 */
export interface CronPartitionCase {
  readonly schedule: Schedule & { readonly kind: "cron-partition" };
  readonly timezone: string;
  readonly now: string;
  readonly earliest: string | null;
  readonly latest: string | null;
  readonly catchup: boolean;
  readonly last: string | null;
  /** With what the key is read as: its date, or the name of an error. */
  readonly runs: readonly (PartitionRun & {
    readonly decoded?: string;
    readonly decodeError?: string;
  })[];
  /** A range of partition dates, and the first partitions in it. */
  readonly range: {
    readonly from: string;
    readonly to: string;
    readonly partitions: readonly PartitionRun[];
  };
}

const iso = (moment: number) => new Date(moment).toISOString();
const momentOf = (text: string | null) => (text === null ? undefined : Date.parse(text));

function toRun({ runAfter, partition }: NextRun): PartitionRun {
  return { run_after: iso(runAfter), date: iso(partition?.date ?? 0), key: partition?.key ?? "" };
}

/** What the case differs in. */
export function checkCronPartitions(each: CronPartitionCase): unknown {
  const { schedule, timezone, catchup, runs, range } = each;
  const timetable = createTimetable(schedule, timezone);
  const query = {
    earliest: momentOf(each.earliest),
    latest: momentOf(each.latest),
    catchup,
    now: Date.parse(each.now),
  };
  let due = momentOf(each.last);
  for (let index = 0; index < 4; index += 1) {
    const last = due === undefined ? undefined : { start: due, end: due };
    const run = timetable.nextRun({ ...query, last });
    const wanted = runs[index];
    const { decoded, decodeError, ...times } = wanted ?? { run_after: "", date: "", key: "" };
    if (JSON.stringify(run && toRun(run)) !== JSON.stringify(wanted && times)) {
      return { ...each, got: run && toRun(run), index };
    }
    if (!run || !wanted) break;
    const got = decode(() => timetable.partitions?.dateOf(wanted.key));
    if ((decoded ?? decodeError) !== undefined && got !== (decoded ?? decodeError)) {
      return { key: wanted.key, timezone, schedule, decoded: decoded ?? decodeError, got };
    }
    due = run.runAfter;
  }
  return checkRange(each, range);
}

function decode(read: () => number | undefined): string | undefined {
  try {
    const date = read();
    return date === undefined ? undefined : iso(date);
  } catch (problem) {
    if (problem instanceof PythonError) return problem.name;
    throw problem;
  }
}

/** As a backfill goes: by the partitions' own ticks. */
function checkRange(
  { schedule, timezone }: CronPartitionCase,
  { from, to, partitions }: CronPartitionCase["range"],
): unknown {
  const timetable = createTimetable({ ...schedule, runOffset: 0 }, timezone);
  const localize = (text: string) => timetable.partitions?.localize(Date.parse(text)) ?? 0;
  const found: PartitionRun[] = [];
  const query = { earliest: localize(from), latest: localize(to), catchup: true, now: 0 };
  for (let due: number | undefined; found.length < 12; ) {
    const last = due === undefined ? undefined : { start: due, end: due };
    const run = timetable.nextRun({ ...query, last });
    if (!run) break;
    found.push(toRun(run));
    due = run.runAfter;
  }
  const isSame = JSON.stringify(found) === JSON.stringify(partitions);
  return isSame ? undefined : { schedule, timezone, from, to, partitions, found };
}
