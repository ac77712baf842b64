// Run control: what people and programs ask of DAGs and runs: trigger, pause, delete. The API server and the CLI
// go through it.
import { findRunIdFlaw, parseRunType, runIdFor } from "../../model/ids.ts";
import type { DagRecord, DagRunRecord } from "../../model/records.ts";
import { forgetPlan } from "../../model/scheduling/planner.ts";
import { versionsWithMachine } from "../../model/scheduling/version-retention.ts";
import type { TriggeredBy } from "../../model/states.ts";
import { createTimetable } from "../../model/timetables/create.ts";
import type { JsonObject } from "../../model/values/json.ts";
import { resolveParams } from "../../model/values/params.ts";
import { parseMoment } from "../../model/values/time.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { RequestRefused } from "../request-refused.ts";
import { retry } from "../retry.ts";
import { updateDag } from "../update-dag.ts";
import type { Scheduler } from "./scheduler.ts";

export interface TriggerRequest {
  readonly dagId: string;
  readonly runId?: string;
  /** ISO text; null or absent: a run without logical date and data interval. */
  readonly logicalDate?: string | null;
  readonly conf?: JsonObject;
  readonly note?: string;
  /** The run waits in queued until then; ISO text, now when absent. */
  readonly runAfter?: string;
  readonly triggeredBy: TriggeredBy;
  /** The user who asks; absent when it isn't known. */
  readonly triggeringUserName?: string;
}

export interface RunControl {
  /** Creates a manual run and starts it as soon as the DAG may; refused when the id or the logical date is taken. */
  trigger(request: TriggerRequest): Promise<DagRunRecord>;
  /** Repeating is safe. */
  setPaused(dagId: string, isPaused: boolean): Promise<DagRecord>;
  /** Removes the DAG with its history and its queued runs; refused while a run is going on. */
  deleteDag(dagId: string): Promise<void>;
}

/** A run is one item of the metadata (DynamoDB quotas: 400 KB). */
const MAX_CONF_BYTES = 262_144;

/** A person or a program waits for the answer, and a function that answers lives for 30 seconds. */
const PLANNING = { attempts: 3, patienceMs: 5_000 } as const;

export interface RunControlContext extends Platform {
  readonly versions: Versions;
  readonly scheduler: Pick<Scheduler, "schedule">;
}

export function createRunControl(context: RunControlContext): RunControl {
  const { metadata, clock, versions, scheduler } = context;

  async function dagOf(dagId: string): Promise<DagRecord> {
    const dag = await metadata.dags.get(dagId);
    if (!dag) throw notFound(dagId);
    return dag;
  }

  async function trigger(request: TriggerRequest): Promise<DagRunRecord> {
    const { dagId, conf = {}, note, triggeredBy, triggeringUserName } = request;
    const dag = await dagOf(dagId);
    if (dag.isStale) {
      throw new RequestRefused(
        "conflict",
        `DAG "${dagId}" can't be triggered: its file ${dag.file} is gone; put it back first`,
      );
    }
    const { document, hash } = await versions.get(dagId, dag.versionHash);
    const params = resolveParams(document.params, conf);
    if (!params.ok) {
      const told = params.errors.map(({ param, message }) => `${param}: ${message}`).join("; ");
      throw new RequestRefused(
        "invalid",
        `DAG "${dagId}" can't be triggered with this conf: ${told}`,
      );
    }
    const confBytes = Buffer.byteLength(JSON.stringify(conf));
    if (confBytes > MAX_CONF_BYTES) {
      throw new RequestRefused(
        "invalid",
        `DAG "${dagId}" can't be triggered with a conf of ${confBytes} bytes; give at most ${MAX_CONF_BYTES}, or where to find more`,
      );
    }
    const now = clock.now();
    const runAfter = request.runAfter === undefined ? now : momentOf("run_after", request.runAfter);
    const logicalDate = request.logicalDate ? momentOf("logical_date", request.logicalDate) : null;
    const interval =
      logicalDate === null
        ? null
        : createTimetable(document.schedule, document.timezone).inferManualDataInterval(
            logicalDate,
          );
    const run: DagRunRecord = {
      dagId,
      runId: runIdOf(request, { runAfter, logicalDate }),
      runType: "manual",
      state: "queued",
      logicalDate: textOf(logicalDate),
      dataIntervalStart: textOf(interval?.start ?? null),
      dataIntervalEnd: textOf(interval?.end ?? null),
      runAfter: new Date(runAfter).toISOString(),
      queuedAt: new Date(now).toISOString(),
      conf,
      triggeredBy,
      ...(triggeringUserName === undefined ? {} : { triggeringUserName }),
      ...(note === undefined ? {} : { note }),
      versionHash: hash,
      clearNumber: 0,
    };
    if ((await metadata.runs.create(run)) === "exists") {
      const hasId = (await metadata.runs.get(dagId, run.runId)) !== undefined;
      const what = hasId ? `id "${run.runId}"` : `logical date ${run.logicalDate}`;
      throw new RequestRefused("conflict", `DAG "${dagId}" already has a run with ${what}`);
    }
    try {
      await retry(clock, () => scheduler.schedule(dagId), PLANNING);
      return (await metadata.runs.get(dagId, run.runId)) ?? run;
    } catch (problem) {
      // It is queued, and whoever plans the DAG next starts it; told of a failure, the caller would make another run.
      const told = `Run "${run.runId}" of DAG "${dagId}" is queued, but could not be planned`;
      context.report.error(`${told}: ${String(problem)}`);
      return run;
    }
  }

  function runIdOf(
    { dagId, runId }: TriggerRequest,
    dates: { readonly runAfter: number; readonly logicalDate: number | null },
  ): string {
    if (runId === undefined) return runIdFor("manual", { ...dates, random: context.randomId() });
    const flaw = findRunIdFlaw(runId);
    if (flaw !== undefined) {
      throw new RequestRefused("invalid", `Run id "${runId}" of DAG "${dagId}" ${flaw}`);
    }
    const type = parseRunType(runId);
    if (type !== "manual") {
      throw new RequestRefused(
        "invalid",
        `Run id "${runId}" starts like that of a run of type ${type}; choose another for a manual run`,
      );
    }
    return runId;
  }

  async function setPaused(dagId: string, isPaused: boolean): Promise<DagRecord> {
    const { dag, isChanged } = await updateDag(metadata.dags, dagId, (current) =>
      current && current.isPaused !== isPaused ? { ...forgetPlan(current), isPaused } : undefined,
    );
    if (!dag) throw notFound(dagId);
    if (isChanged) await scheduler.schedule(dagId);
    return dag;
  }

  async function deleteDag(dagId: string): Promise<void> {
    const dag = await dagOf(dagId);
    const active = await metadata.runs.listActive(dagId);
    const running = active.find(({ state }) => state === "running");
    if (running) {
      throw new RequestRefused(
        "conflict",
        `DAG "${dagId}" can't be deleted while its run "${running.runId}" is going on`,
      );
    }
    // The DAG's record goes last of what names it, so that a deletion that was cut off can be asked for again.
    await context.schedules.remove(dagId);
    for (const hash of versionsWithMachine(dag)) {
      await context.stateMachines.remove({ dagId, hash });
    }
    await context.xcoms.deleteDag(dagId);
    await context.logs.deleteDag(dagId);
    const file = await metadata.files.get(dag.file);
    if (file) await metadata.files.delete(dag.file);
    await metadata.dags.delete(dagId);
    await scheduler.schedule(dagId);
  }

  return { trigger, setPaused, deleteDag };
}

function notFound(dagId: string): RequestRefused {
  return new RequestRefused("not-found", `The Dag with ID: \`${dagId}\` was not found`);
}

function momentOf(field: string, text: string): number {
  const moment = parseMoment(text);
  if (moment === undefined) {
    throw new RequestRefused(
      "invalid",
      `${field} "${text}" is no ISO 8601 date, such as 2026-01-31T06:00:00Z`,
    );
  }
  return moment;
}

function textOf(moment: number | null): string | null {
  return moment === null ? null : new Date(moment).toISOString();
}
