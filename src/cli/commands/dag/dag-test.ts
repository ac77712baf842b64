// stepwind dags test: one run of a DAG in this terminal, over a product of its own: a live tree of
// its tasks, their logs, and the errors at the end. No server, no trace, no scheduled run beside
// it.
import { setTimeout as wait } from "node:timers/promises";
import { UNMAPPED } from "../../../model/instance-key.ts";
import { instancesOfRun } from "../../../model/mapping/instances.ts";
import type { DagRunRecord, DagVersionRecord, TaskInstanceRecord } from "../../../model/records.ts";
import { isFinished, isRunFinished } from "../../../model/states.ts";
import { formatDuration } from "../../../model/values/durations.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import { borrowStored } from "../../borrow-stored.ts";
import type { Scratch } from "../../scratch.ts";
import type { Places, Session } from "../../session.ts";
import { formatLogMessage } from "../../terminal/log-lines.ts";
import { toMark } from "../../terminal/paint.ts";
import { describeInstance, treeLines } from "../../terminal/run-tree.ts";
import { createScreen, type Screen } from "../../terminal/screen.ts";
import { INTERRUPTED, listenForStop } from "../../terminal/stop-signals.ts";
import { padTo } from "../../terminal/text.ts";
import { logicalDateOf } from "../options.ts";
import { createLogTail } from "../task/log-tail.ts";
import { chooseNamed, type NamedDag, openNamed } from "./named-dag.ts";

const POLL_MS = 80;
const WIDEST_NAME = 24;

export interface TestOptions extends NamedDag {
  readonly conf?: JsonObject;
  /** ISO text or "none"; now when absent. */
  readonly logicalDate?: string;
}

export async function testDag(
  session: Session,
  places: Places,
  options: TestOptions,
): Promise<void> {
  const stop = listenForStop();
  try {
    const scratch = await openNamed(session, places, options);
    try {
      const version = await chooseNamed(session, scratch, { ...options, ...places });
      await borrowStored(places.home, scratch.product);
      const run = await start(scratch, version, options);
      const ended = await follow(session, { scratch, version, run, signal: stop.signal });
      await report(session, scratch, ended);
    } finally {
      await scratch.close();
    }
  } finally {
    stop.forget();
  }
}

/** The DAG is paused first, so that its schedule makes no run beside this one. */
async function start(
  { product: { services } }: Scratch,
  { dagId }: DagVersionRecord,
  { conf, logicalDate }: TestOptions,
): Promise<DagRunRecord> {
  const { runControl, scheduler } = services;
  await runControl.setPaused(dagId, true);
  const { runId } = await runControl.trigger({
    dagId,
    logicalDate: logicalDateOf(logicalDate, new Date().toISOString()),
    ...(conf === undefined ? {} : { conf }),
    triggeredBy: "test",
  });
  const run = await scheduler.start(dagId, runId);
  if (!run) throw new Error(`Run "${runId}" of DAG "${dagId}" could not be started`);
  // Sets the timer of the run's timeout.
  await scheduler.schedule(dagId);
  return run;
}

interface Followed {
  readonly scratch: Scratch;
  readonly version: DagVersionRecord;
  readonly run: DagRunRecord;
  readonly signal: AbortSignal;
}

/** Shows the run until it has ended, or the signal aborts. */
async function follow(
  { terminal, paint }: Session,
  { scratch, version, run, signal }: Followed,
): Promise<DagRunRecord> {
  const { metadata, logs, clock } = scratch.product.platform;
  const { dagId, runId } = run;
  const { document } = version;
  const screen = createScreen(terminal);
  const tail = createLogTail(logs);
  const seen = new Map<string, string>();
  const longest = Math.max(...document.tasks.map(({ taskId }) => taskId.length));
  const nameWidth = Math.min(WIDEST_NAME, longest);
  for (;;) {
    const current = (await metadata.runs.get(dagId, runId)) ?? run;
    const stored = await metadata.taskInstances.list({ dagId, runId });
    const records = instancesOfRun(document, stored, run).filter(
      ({ state, tryNumber }) => state !== null || tryNumber > 0,
    );
    const now = clock.now();
    for (const { taskId, entry } of await tail.read(records)) {
      const name = paint.cyan(padTo(taskId, nameWidth));
      screen.print(`${name} ${paint.dim("│")} ${formatLogMessage(entry, paint)}`);
    }
    if (!terminal.isScreen) printEnds(screen, records, { seen, now, paint });
    const elapsed = (now - Date.parse(run.startDate ?? run.queuedAt)) / 1_000;
    screen.draw([
      `${paint.bold(dagId)}  ${paint.dim(runId)}  ${paint.state(current.state)}  ${paint.dim(formatDuration(elapsed))}`,
      ...treeLines(
        {
          document,
          records: shownOfTasks(records),
          now,
          paint,
        },
        Math.max(1, terminal.rows() - 3),
      ),
    ]);
    if (isRunFinished(current.state) || signal.aborted) return current;
    await wait(POLL_MS);
  }
}

/**
 * Where nothing can be redrawn: a line for each state that a task comes to, apart from "running",
 * which its log shows.
 */
function printEnds(
  screen: Screen,
  records: readonly TaskInstanceRecord[],
  options: { seen: Map<string, string>; now: number; paint: Session["paint"] },
): void {
  const { seen, now, paint } = options;
  const byEnd = records.toSorted((a, b) => ((a.endDate ?? "") < (b.endDate ?? "") ? -1 : 1));
  for (const record of byEnd) {
    const { state, tryNumber } = record;
    const name = nameOf(record);
    const change = `${state} ${tryNumber}`;
    if (state === null || state === "running" || seen.get(name) === change) continue;
    seen.set(name, change);
    const mark = paint.state(state, `${toMark(state)} ${name}`);
    screen.print(`${mark}  ${describeInstance(record, { now, paint })}\n`);
  }
}

/** The last lines: how the run ended, and the whole error of each task that failed. */
async function report(session: Session, scratch: Scratch, run: DagRunRecord): Promise<void> {
  const { terminal, paint } = session;
  const { dagId, runId, state, startDate, endDate } = run;
  if (!isRunFinished(state)) {
    terminal.out(`\n${dagId} stopped before it ended\n`);
    session.exitCode = INTERRUPTED;
    return;
  }
  const { metadata } = scratch.product.platform;
  for (const record of await metadata.taskInstances.list({ dagId, runId })) {
    if (record.state !== "failed") continue;
    const tries = record.tryNumber === 1 ? "1 try" : `${record.tryNumber} tries`;
    terminal.out(`\n${paint.red(`✗ ${nameOf(record)}`)} failed after ${tries}\n`);
    if (record.message) {
      terminal.out(`${paint.foreign(record.message).replaceAll(/^/gm, "  ")}\n`);
    }
  }
  const seconds = (Date.parse(endDate ?? "") - Date.parse(startDate ?? "")) / 1_000;
  const result = paint.state(state, `${toMark(state)} ${dagId} ${state}`);
  terminal.out(`\n${result} in ${formatDuration(seconds)}\n`);
  if (state === "failed") session.exitCode = 1;
}

/** Of a mapped task with its index. */
function nameOf({ taskId, mapIndex }: TaskInstanceRecord): string {
  return mapIndex === UNMAPPED ? taskId : `${taskId} [${mapIndex}]`;
}

/** One instance per task to show: one that failed, else one that is going on, else the last. */
function shownOfTasks(
  instances: readonly TaskInstanceRecord[],
): ReadonlyMap<string, TaskInstanceRecord> {
  const rank = ({ state }: TaskInstanceRecord) =>
    state === "failed" ? 2 : state !== null && !isFinished(state) ? 1 : 0;
  const shown = new Map<string, TaskInstanceRecord>();
  for (const instance of instances) {
    const other = shown.get(instance.taskId);
    if (!other || rank(instance) >= rank(other)) shown.set(instance.taskId, instance);
  }
  return shown;
}
