// stepwind dags simulate: the runs that a range of days would give, without running anything. No
// server, no trace.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  BadOutcomes,
  NO_OUTCOMES,
  type Outcomes,
  readOutcomes,
} from "../../../local/simulation/outcomes.ts";
import {
  MOST_RUNS,
  type SimulatedRun,
  type Simulation,
  simulate,
  TooManyRuns,
} from "../../../local/simulation/simulate.ts";
import type { DagDocument } from "../../../model/document.ts";
import { formatDuration } from "../../../model/values/durations.ts";
import { parseMoment, toAirflowIso } from "../../../model/values/time.ts";
import { fromWallClock, toWallClock } from "../../../model/values/time-zones.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { printData, printRows } from "../../terminal/show.ts";
import { type Column, isDataOutput, type Output } from "../../terminal/table.ts";
import { countOf } from "../../terminal/text.ts";
import { chooseNamed, type NamedDag, openNamed } from "./named-dag.ts";

const DAY_MS = 86_400_000;

export interface SimulateOptions extends NamedDag {
  /** A day, the whole of it, or a moment; in the DAG's time zone where it has no offset. */
  readonly from: string;
  readonly to: string;
  /** Path of the file with outcomes. */
  readonly outcomes?: string;
  readonly output: Output;
}

export async function simulateDag(
  session: Session,
  places: Places,
  options: SimulateOptions,
): Promise<void> {
  const scratch = await openNamed(session, places, options);
  try {
    const { document } = await chooseNamed(session, scratch, { ...options, ...places });
    const range = readRange(document, options);
    const outcomes = await readFileOfOutcomes(session, document, options.outcomes);
    const simulation = await run({ document, ...range, outcomes });
    await show(session, document, simulation, options.output);
  } finally {
    await scratch.close();
  }
}

async function run(request: Parameters<typeof simulate>[0]): Promise<Simulation> {
  try {
    return await simulate(request);
  } catch (problem) {
    if (!(problem instanceof TooManyRuns)) throw problem;
    const { dagId } = request.document;
    throw new Failure(`DAG "${dagId}" has more than ${MOST_RUNS} runs in this range`, {
      hint: "Choose a shorter one",
    });
  }
}

function readRange(
  document: DagDocument,
  { from: fromText, to: toText }: SimulateOptions,
): { readonly from: number; readonly to: number } {
  const { dagId, schedule, timezone } = document;
  if (schedule.kind === "assets") {
    throw new Failure(`DAG "${dagId}" runs when assets have changed, which no day says`, {
      hint: "Simulate the DAGs whose tasks have these assets as outlets",
    });
  }
  if (schedule.kind === "none") {
    throw new Failure(`DAG "${dagId}" has no schedule, so no day gives it a run`, {
      hint: `npx stepwind dags test ${dagId} runs it once`,
    });
  }
  const from = toMoment(fromText, "--from", timezone);
  const to = toMoment(toText, "--to", timezone);
  const last = isDay(toText) ? fromWallClock(toWallClock(to, timezone) + DAY_MS, timezone) - 1 : to;
  if (from > last) {
    const message = `--from ${fromText} is after --to ${toText}`;
    throw new Failure(message, { hint: "Swap them", exitCode: 2 });
  }
  return { from, to: last };
}

function toMoment(text: string, option: string, timezone: string): number {
  const moment = parseMoment(text, timezone);
  if (moment !== undefined) return moment;
  throw new Failure(`${option} takes an ISO date, such as 2026-01-31, got "${text}"`, {
    exitCode: 2,
  });
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text.trim());
}

async function readFileOfOutcomes(
  { terminal }: Session,
  document: DagDocument,
  file: string | undefined,
): Promise<Outcomes> {
  if (file === undefined) return NO_OUTCOMES;
  const text = await readFile(resolve(terminal.cwd, file), "utf8").catch((cause: unknown) => {
    throw new Failure(`The outcomes ${file} can't be read`, { cause });
  });
  try {
    return readOutcomes(parseJson(text), document);
  } catch (problem) {
    if (!(problem instanceof BadOutcomes)) throw problem;
    const { hint } = problem;
    throw new Failure(`${file}: ${problem.message}`, hint === undefined ? {} : { hint });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (problem) {
    throw new BadOutcomes(`It is no JSON: ${String(problem)}`);
  }
}

async function show(
  session: Session,
  document: DagDocument,
  simulation: Simulation,
  output: Output,
): Promise<void> {
  const { terminal } = session;
  if (isDataOutput(output)) return printData(session, toAnswer(document, simulation), output);
  for (const text of simulation.reports) terminal.err(`${text}\n`);
  await printRows(session, simulation.runs, { columns: columnsOf(session), output });
  if (output !== "table") return;
  const { runs, peakRuns, peakTasks } = simulation;
  const failed = runs.filter(({ run: { state } }) => state === "failed").length;
  const open = runs.filter(({ run: { endDate } }) => endDate === undefined).length;
  const parts = [
    countOf(runs.length, "run"),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(open > 0 ? [`${open} did not end`] : []),
    `at most ${countOf(peakRuns, "run")} and ${countOf(peakTasks, "task")} at the same time`,
  ];
  terminal.out(`\n${parts.join(", ")}\n`);
}

function columnsOf({ paint }: Session): readonly Column<SimulatedRun>[] {
  const date = (text: string | null | undefined) => (text ? toAirflowIso(text) : "-");
  return [
    { name: "logical_date", value: ({ run }) => date(run.logicalDate) },
    { name: "start_date", value: ({ run }) => date(run.startDate) },
    { name: "duration", value: ({ run }) => durationOf(run) },
    {
      name: "state",
      value: ({ run }) => run.state,
      paint: (text, { run }) => paint.state(run.state, text),
    },
    { name: "failed", value: ({ instances }) => namesIn(instances, ["failed"]) },
    { name: "skipped", value: ({ instances }) => namesIn(instances, ["skipped"]) },
    { name: "upstream_failed", value: ({ instances }) => namesIn(instances, ["upstream_failed"]) },
  ];
}

function durationOf({ startDate, endDate }: SimulatedRun["run"]): string {
  if (startDate === undefined || endDate === undefined) return "-";
  return formatDuration((Date.parse(endDate) - Date.parse(startDate)) / 1_000);
}

function namesIn(instances: SimulatedRun["instances"], states: readonly string[]): string {
  const names = instances.flatMap(({ taskId, state }) =>
    state !== null && states.includes(state) ? [taskId] : [],
  );
  return [...new Set(names)].join(", ") || "-";
}

/** Airflow's field names. */
function toAnswer({ dagId }: DagDocument, { runs, peakRuns, peakTasks, reports }: Simulation) {
  return {
    dag_id: dagId,
    peak_active_runs: peakRuns,
    peak_active_tasks: peakTasks,
    warnings: reports,
    dag_runs: runs.map(({ run, instances }) => ({
      dag_run_id: run.runId,
      run_type: run.runType,
      logical_date: run.logicalDate,
      data_interval_start: run.dataIntervalStart,
      data_interval_end: run.dataIntervalEnd,
      run_after: run.runAfter,
      start_date: run.startDate ?? null,
      end_date: run.endDate ?? null,
      state: run.state,
      reason: run.reason ?? null,
      task_instances: instances.map((instance) => ({
        task_id: instance.taskId,
        map_index: instance.mapIndex,
        state: instance.state,
        start_date: instance.startDate ?? null,
        end_date: instance.endDate ?? null,
        try_number: instance.tryNumber,
      })),
    })),
  };
}
