// Backfills as people ask for them: the API server and the CLI go through it (Airflow:
// routes/public/backfills.py). What a backfill does is in plan-backfill.ts.
import { cancel, datesAt, judgeDate, setPaused } from "../../model/backfill/plan.ts";
import type { BackfillRecord } from "../../model/backfill/records.ts";
import { backfillIdText, backfillKey, backfillPrefix } from "../../model/ids.ts";
import type { DagRecord } from "../../model/records.ts";
import { toIso } from "../../model/values/time.ts";
import type { Stored } from "../../ports/metadata.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { RequestRefused } from "../request-refused.ts";
import { retry } from "../retry.ts";
import type { Scheduler } from "../runs/scheduler.ts";
import {
  type BackfillRequest,
  checkBackfillable,
  checkRequest,
  checkSchedule,
} from "./check-request.ts";
import { createBackfill } from "./create-backfill.ts";
import { runsOn } from "./plan-backfill.ts";

/** A date of a backfill that is tried out, and what would become of it. */
export interface TriedDate {
  /** UTC ISO text. */
  /** The partition's date where it has a key. */
  readonly logicalDate: string;
  readonly partitionKey?: string;
  readonly action: "create" | "clear" | "in flight" | "already exists";
}

export interface Backfills {
  /** Starts a backfill; refused while the DAG has another one, and where it can't have one. */
  create(request: BackfillRequest): Promise<BackfillRecord>;
  /** What `create` would do, in its order. */
  tryOut(request: BackfillRequest): Promise<readonly TriedDate[]>;
  /** Undefined if there is none of this id. */
  get(id: number): Promise<BackfillRecord | undefined>;
  /** Those of the DAG, by id. */
  list(dagId: string): Promise<readonly BackfillRecord[]>;
  /** No further run of it starts, or they do again. Refused if it is completed. */
  setPaused(id: number, isPaused: boolean): Promise<BackfillRecord>;
  /** Its queued runs fail, and it makes no more; what runs goes on. Refused if it is completed. */
  cancel(id: number): Promise<BackfillRecord>;
}

export interface BackfillsContext extends Pick<Platform, "metadata" | "clock" | "report"> {
  readonly versions: Versions;
  readonly scheduler: Pick<Scheduler, "schedule">;
}

/** A person or a program waits for the answer, and a function that answers lives for 30 seconds. */
const PLANNING = { attempts: 3, patienceMs: 5_000 } as const;

/** Dates of which the runs are looked up at a time. */
const DATES_PER_LOOK = 100;

export function createBackfills(context: BackfillsContext): Backfills {
  const { metadata } = context;
  return {
    create: (request) => create(context, request),
    tryOut: (request) => tryOut(context, request),
    get: (id) => find(context, id),
    async list(dagId) {
      const dag = await metadata.dags.get(dagId);
      const prefix = backfillPrefix(dagId);
      const found: BackfillRecord[] = [];
      for await (const record of itemsOf((page) => metadata.backfills.list({ ...page, prefix }))) {
        if (hasBegun(record, dag)) found.push(record);
      }
      return found;
    },
    setPaused: (id, isPaused) =>
      change(context, id, (record, now) => setPaused(record, { isPaused, now })),
    cancel: (id) => change(context, id, cancel),
  };
}

async function create(
  context: BackfillsContext,
  request: BackfillRequest,
): Promise<BackfillRecord> {
  const { clock } = context;
  const { dag, dates } = await check(context, request, { isUnique: true });
  if (dates.total === 0) {
    throw new RequestRefused("unprocessable", `No runs to create for Dag ${dag.dagId}`);
  }
  const record = await createBackfill(context, request, { dates, now: clock.now() });
  if (!record) throw alreadyRunning(dag.dagId);
  await planNow(context, dag.dagId);
  return (await find(context, record.id)) ?? record;
}

async function check(
  { metadata, versions, clock }: BackfillsContext,
  request: BackfillRequest,
  { isUnique }: { readonly isUnique: boolean },
) {
  const { dagId } = request;
  const dag = await metadata.dags.get(dagId);
  if (!dag) throw new RequestRefused("not-found", `Could not find dag ${dagId}`);
  checkBackfillable(dag);
  const { document } = await versions.get(dagId, dag.versionHash);
  checkSchedule(document);
  if (isUnique && dag.backfillId !== undefined) throw alreadyRunning(dagId);
  return { dag, dates: checkRequest(request, document, clock.now()) };
}

function alreadyRunning(dagId: string): RequestRefused {
  return new RequestRefused("conflict", `There is already a running backfill for dag ${dagId}`);
}

async function tryOut(
  context: BackfillsContext,
  request: BackfillRequest,
): Promise<readonly TriedDate[]> {
  const { dates } = await check(context, request, { isUnique: false });
  const asked = { ...request, dates };
  const tried: TriedDate[] = [];
  for (let ordinal = 1; ordinal <= dates.total; ordinal += DATES_PER_LOOK) {
    const next = datesAt(asked, { ordinal, count: DATES_PER_LOOK });
    const existing = await runsOn(context.metadata, asked, next);
    for (const { run } of next) {
      const logicalDate = toIso(run.logicalDate);
      const answer = judgeDate(asked, existing.get(logicalDate));
      const action = answer.kind === "skip" ? answer.reason : answer.kind;
      const { partition } = run;
      tried.push({ logicalDate, action, ...(partition ? { partitionKey: partition.key } : {}) });
    }
  }
  return tried;
}

async function find(
  { metadata }: Pick<BackfillsContext, "metadata">,
  id: number,
): Promise<Stored<BackfillRecord> | undefined> {
  const known = await metadata.backfillIds.get(backfillIdText(id));
  if (!known) return undefined;
  const record = await metadata.backfills.get(backfillKey(known));
  const hasEnded = record?.completedAt !== undefined;
  const dag = record && !hasEnded ? await metadata.dags.get(record.dagId) : undefined;
  return record && hasBegun(record, dag) ? record : undefined;
}

/** A process that died while it made a backfill has left a record that nobody follows. */
function hasBegun(
  { id, completedAt }: Pick<BackfillRecord, "id" | "completedAt">,
  dag: DagRecord | undefined,
): boolean {
  return completedAt !== undefined || dag?.backfillId === id;
}

/** `alter` answers the changed record, or undefined if nothing is to be changed. */
async function change(
  context: BackfillsContext,
  id: number,
  alter: (record: BackfillRecord, now: number) => BackfillRecord | undefined,
): Promise<BackfillRecord> {
  const { metadata, clock } = context;
  for (;;) {
    const stored = await find(context, id);
    if (!stored) {
      throw new RequestRefused("not-found", `Could not find backfill with id ${id}`);
    }
    const { revision, ...record } = stored;
    if (record.completedAt !== undefined) {
      throw new RequestRefused("conflict", "Backfill is already completed.");
    }
    const changed = alter(record, clock.now());
    if (!changed) return record;
    if (!(await metadata.backfills.put(changed, { revision }))) continue;
    await planNow(context, record.dagId);
    return changed;
  }
}

/** What could not be planned now is planned by the next call for the DAG, or by the upkeep. */
async function planNow({ clock, scheduler, report }: BackfillsContext, dagId: string) {
  try {
    await retry(clock, () => scheduler.schedule(dagId), PLANNING);
  } catch (problem) {
    report.error(`DAG "${dagId}" could not be planned: ${String(problem)}`);
  }
}
