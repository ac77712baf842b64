// stepwind dags test: one run of a DAG in this terminal, over a product of its own: a live tree of its tasks, their
// logs, and the errors at the end. No server, no trace, no scheduled run beside it.
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { DagRunRecord, DagVersionRecord, TaskInstanceRecord } from "../../../model/records.ts";
import { isRunFinished } from "../../../model/states.ts";
import { formatDuration } from "../../../model/values/durations.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import { createRunControl } from "../../../services/runs/run-control.ts";
import { noDagsFolder } from "../../connect.ts";
import { hintFor } from "../../look-ups.ts";
import { chooseDag, openScratch, placeOf, type Scratch, showMistakes } from "../../scratch.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { formatCallback, formatLogMessage } from "../../terminal/log-lines.ts";
import { toMark } from "../../terminal/paint.ts";
import { describeInstance, treeLines } from "../../terminal/run-tree.ts";
import { createScreen, type Screen } from "../../terminal/screen.ts";
import { INTERRUPTED, listenForStop } from "../../terminal/stop-signals.ts";
import { padTo } from "../../terminal/text.ts";
import { logicalDateOf } from "../options.ts";
import { createLogTail } from "../task/log-tail.ts";

const POLL_MS = 80;
const WIDEST_NAME = 24;

export interface TestOptions {
  readonly fileOrId: string;
  /** Which DAG of the file; it need not be said if there is one. */
  readonly dagId?: string;
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
    const scratch = await open(session, places, options);
    try {
      const version = choose(session, scratch, options);
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

async function open(
  session: Session,
  { dagsFolder, dagsFolderText }: Places,
  { fileOrId }: TestOptions,
): Promise<Scratch> {
  const { terminal, paint } = session;
  const place = isPath(fileOrId)
    ? await placeOf(session, { file: fileOrId, dagsFolder })
    : undefined;
  if (!place && isPath(fileOrId)) throw new Failure(`There is no file ${fileOrId}`);
  return openScratch({
    ...(place ?? { dagsFolder }),
    report: {
      info: (_, fields = {}) => terminal.out(formatCallback(fields, paint) ?? ""),
      warn: (message) => terminal.err(`${paint.yellow("warning")} ${message}\n`),
      error: (message) => terminal.err(`${paint.red("error")} ${message}\n`),
    },
  }).catch((error: unknown) => {
    throw isMissing(error) ? noDagsFolder(dagsFolderText) : error;
  });
}

/** DAG ids have dots, too, but hardly end like a file of code. */
function isPath(fileOrId: string): boolean {
  return /[/\\]|\.[cm]?[jt]sx?$/.test(fileOrId);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function choose(
  session: Session,
  scratch: Scratch,
  { fileOrId, dagId }: TestOptions,
): DagVersionRecord {
  if (isPath(fileOrId)) {
    showMistakes(session, scratch, dirname(fileOrId));
    return chooseDag(scratch.versions, { dagId, where: fileOrId });
  }
  const version = scratch.versions.find((each) => each.dagId === fileOrId);
  if (version) return version;
  const ids = scratch.versions.map((each) => each.dagId);
  throw new Failure(`There is no DAG "${fileOrId}"`, {
    hint: hintFor(fileOrId, ids, `There are: ${ids.join(", ") || "none"}`),
  });
}

/** The DAG is paused meanwhile: its schedule gives no run beside this one. */
async function start(
  { product }: Scratch,
  { dagId }: DagVersionRecord,
  options: TestOptions,
): Promise<DagRunRecord> {
  const { platform, services } = product;
  const { metadata, stateMachines, clock } = platform;
  const runControl = createRunControl(platform, services.versions, { async schedule() {} });
  const startDate = new Date(clock.now()).toISOString();
  const { runId, versionHash, clearNumber } = await runControl.trigger({
    dagId,
    logicalDate: logicalDateOf(options.logicalDate, startDate),
    ...(options.conf === undefined ? {} : { conf: options.conf }),
    triggeredBy: "test",
  });
  await runControl.setPaused(dagId, true);
  const set = { state: "running", startDate } as const;
  const run = await metadata.runs.update({ dagId, runId, from: ["queued"], set });
  if (!run) throw new Error(`Run "${runId}" of DAG "${dagId}" is not queued`);
  const input = { dagId, runId, clearNumber };
  await stateMachines.start({ dagId, hash: versionHash, input });
  // Sets the timer of the run's timeout.
  await services.scheduler.schedule(dagId);
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
    const records = await metadata.taskInstances.list({ dagId, runId });
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
          records: new Map(records.map((record) => [record.taskId, record])),
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

/** Where nothing can be redrawn: a line for each state that a task comes to; that it runs, its log tells. */
function printEnds(
  screen: Screen,
  records: readonly TaskInstanceRecord[],
  options: { seen: Map<string, string>; now: number; paint: Session["paint"] },
): void {
  const { seen, now, paint } = options;
  const byEnd = records.toSorted((a, b) => ((a.endDate ?? "") < (b.endDate ?? "") ? -1 : 1));
  for (const record of byEnd) {
    const { taskId, state, tryNumber } = record;
    const change = `${state} ${tryNumber}`;
    if (state === null || state === "running" || seen.get(taskId) === change) continue;
    seen.set(taskId, change);
    const mark = paint.state(state, `${toMark(state)} ${taskId}`);
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
    terminal.out(`\n${paint.red(`✗ ${record.taskId}`)} failed after ${tries}\n`);
    if (record.message) terminal.out(`${record.message.replaceAll(/^/gm, "  ")}\n`);
  }
  const seconds = (Date.parse(endDate ?? "") - Date.parse(startDate ?? "")) / 1_000;
  const result = paint.state(state, `${toMark(state)} ${dagId} ${state}`);
  terminal.out(`\n${result} in ${formatDuration(seconds)}\n`);
  if (state === "failed") session.exitCode = 1;
}
