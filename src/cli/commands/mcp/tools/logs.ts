// The tool that reads the log of a task's try.
import { z } from "zod";
import { type Api, ApiError, path } from "../../../api-client.ts";
import { findRun, noSuchTask } from "../../../look-ups.ts";
import { Failure } from "../../../terminal/failure.ts";
import { toStateText } from "../../../terminal/paint.ts";
import {
  isWanted,
  LEVELS,
  type LogLine,
  linesOf,
  type Position,
  START,
  sizeOf,
  type TryName,
  tailsOf,
  type Wanted,
} from "../log-lines.ts";
import { tool } from "../tool.ts";
import { DAG_ID, type InstanceAnswer, limitOf, MAP_INDEX, RUN_ID } from "../words.ts";

const LINE = z.object({
  line: z.int().describe("Counted from 1 over the whole log"),
  timestamp: z.string().nullable(),
  level: z.string(),
  text: z.string(),
});

const MOST_CHARACTERS = 24_000;

const readLog = tool({
  name: "read_log",
  title: "Read a log",
  description:
    "The log of a task's try: its last lines, or from the start or a continuation on. search and level pick lines of the whole log.",
  effect: "none",
  input: z.object({
    dag_id: DAG_ID,
    run_id: RUN_ID,
    task_id: z.string().min(1),
    map_index: MAP_INDEX,
    try_number: z.int().min(1).optional().describe("The last one when absent"),
    from: z.enum(["end", "start"]).default("end"),
    search: z.string().min(1).optional().describe("Only lines with this text, whatever the case"),
    level: z.enum(LEVELS).optional().describe("Only lines of this level or a worse one"),
    max_lines: limitOf(500, 100),
    continuation: z.string().optional().describe("Of the answer before; goes on to the end"),
  }),
  output: z.object({
    run_id: z.string(),
    state: z.string().nullable(),
    try_number: z.int(),
    lines: z.array(LINE),
    lines_before: z
      .int()
      .nullable()
      .describe("From the end: how many matching lines come before these"),
    continuation: z.string().nullable().describe("Null when the log has no more lines now"),
  }),
  async run(
    { dag_id: dagId, run_id, task_id: taskId, map_index: mapIndex = -1, ...rest },
    { api },
  ) {
    const { dag_run_id: runId } = await findRun(api, dagId, run_id);
    const instance = await findInstance(api, { dagId, runId, taskId, mapIndex });
    const tryNumber = rest.try_number ?? instance.try_number;
    if (tryNumber === 0) throw notRun(instance);
    const name = { dagId, runId, taskId, mapIndex, tryNumber };
    const wanted = { search: rest.search, level: rest.level };
    const bounds = { count: rest.max_lines, characters: MOST_CHARACTERS };
    const head = { run_id: runId, state: instance.state ?? null, try_number: tryNumber };
    if (rest.continuation === undefined && rest.from === "end") {
      const [tail] = await tailsOf(linesOf(api, name, START), [{ ...wanted, ...bounds }]);
      const lines = (tail?.lines ?? []).map(toShown);
      return { ...head, lines, lines_before: tail?.before ?? 0, continuation: null };
    }
    const from = rest.continuation === undefined ? START : readPosition(rest.continuation);
    const { lines, next } = await headOf(api, name, { from, wanted, ...bounds });
    const continuation = next === undefined ? null : writePosition(next);
    return { ...head, lines: lines.map(toShown), lines_before: null, continuation };
  },
});

/** The first lines that are wanted from a position on; `next` where there are more. */
async function headOf(
  api: Api,
  name: TryName,
  {
    from,
    wanted,
    count,
    characters,
  }: {
    readonly from: Position;
    readonly wanted: Wanted;
    readonly count: number;
    readonly characters: number;
  },
): Promise<{ readonly lines: readonly LogLine[]; readonly next?: Position }> {
  const lines: LogLine[] = [];
  let size = 0;
  let next = from;
  for await (const line of linesOf(api, name, from)) {
    if (isWanted(line, wanted)) {
      size += sizeOf(line);
      if (lines.length >= count || (size > characters && lines.length > 0)) return { lines, next };
      lines.push(line);
    }
    next = line.after;
  }
  return { lines };
}

function toShown({ line, timestamp, level, text }: LogLine): z.output<typeof LINE> {
  return { line, timestamp, level, text };
}

const POSITION = z.tuple([z.string().nullable(), z.int().min(0), z.int().min(0)]);

function writePosition({ token, skip, before }: Position): string {
  return Buffer.from(JSON.stringify([token ?? null, skip, before])).toString("base64url");
}

function readPosition(text: string): Position {
  try {
    const written = Buffer.from(text, "base64url").toString();
    const [token, skip, before] = POSITION.parse(JSON.parse(written));
    return { token: token ?? undefined, skip, before };
  } catch (cause) {
    throw new Failure(`"${text}" is no continuation of read_log`, {
      hint: "Give the one of the answer before, or leave it out",
      cause,
    });
  }
}

interface InstanceName {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  /** -1 for a task that is not mapped. */
  readonly mapIndex: number;
}

/** Refuses a task that the DAG doesn't have. */
export async function findInstance(
  api: Api,
  { dagId, runId, taskId, mapIndex }: InstanceName,
): Promise<InstanceAnswer> {
  const place = path`/dags/${dagId}/dagRuns/${runId}/taskInstances/${taskId}`;
  try {
    return await api.get<InstanceAnswer>(mapIndex < 0 ? place : `${place}/${mapIndex}`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    const { tasks } = await api.get<{ readonly tasks: readonly { readonly task_id: string }[] }>(
      path`/dags/${dagId}/tasks`,
    );
    const isKnown = tasks.some((task) => task.task_id === taskId);
    throw isKnown ? error : await noSuchTask(api, dagId, taskId);
  }
}

function notRun({ task_id: taskId, state, message }: InstanceAnswer): Failure {
  const why = message === null ? "" : `: ${message}`;
  return new Failure(
    `Task "${taskId}" has no log: it has not run (${toStateText(state ?? null)})${why}`,
    {
      hint: "explain_wait says what it waits for",
    },
  );
}

export const logTools = [readLog];
