// Reads the log of a try in pieces, and picks lines from it.
import { type Api, type LogAnswer, type LogMessage, path } from "../../api-client.ts";
import { Failure } from "../../terminal/failure.ts";
import { cutText } from "./bounds.ts";

export interface TryName {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
}

/** Where reading goes on: the piece that `token` begins, its messages after the first `skip`. */
export interface Position {
  readonly token: string | undefined;
  readonly skip: number;
  /** Messages of the log before that piece. */
  readonly before: number;
}

export interface LogLine {
  /** Counted from 1 over the whole log. */
  readonly line: number;
  readonly timestamp: string | null;
  readonly level: string;
  readonly text: string;
  /** Where the line after it is. */
  readonly after: Position;
}

export const START: Position = { token: undefined, skip: 0, before: 0 };
/** Of about a mebibyte each. */
const MOST_PIECES = 100;
/** Of one line. */
const MOST_TEXT = 2_000;

/**
 * All lines from the position on, as far as they are written. Throws a Failure for a log that is
 * too long to be read in one call.
 */
export async function* linesOf(
  api: Api,
  { dagId, runId, taskId, mapIndex, tryNumber }: TryName,
  from: Position,
): AsyncGenerator<LogLine> {
  const log = path`/dags/${dagId}/dagRuns/${runId}/taskInstances/${taskId}/logs/${tryNumber}`;
  let { token, before } = from;
  let skip = from.skip;
  for (let piece = 1; ; piece += 1) {
    if (piece > MOST_PIECES) {
      throw new Failure(`The log of task "${taskId}" is too long to be read to its end`, {
        hint: "Read it piece by piece: from start, then by continuation",
      });
    }
    const query = { token, ...(mapIndex < 0 ? {} : { map_index: mapIndex }) };
    const { content, continuation_token: next } = await api.get<LogAnswer>(log, query);
    for (const [index, message] of content.entries()) {
      if (index >= skip) yield toLine(message, { token, skip: index + 1, before });
    }
    if (next === null || content.length === 0) return;
    before += content.length;
    token = next;
    skip = 0;
  }
}

function toLine({ timestamp, level, event }: LogMessage, after: Position): LogLine {
  return {
    line: after.before + after.skip,
    timestamp: timestamp ?? null,
    level: level ?? "info",
    text: cutText(event, MOST_TEXT),
    after,
  };
}

export const LEVELS = ["debug", "info", "warning", "error", "critical"] as const;
export type Level = (typeof LEVELS)[number];

export interface Wanted {
  /** Part of the text, whatever the case. */
  readonly search?: string | undefined;
  /** The least level. */
  readonly level?: Level | undefined;
}

export function isWanted({ text, level }: LogLine, { search, level: least }: Wanted): boolean {
  if (search !== undefined && !text.toLowerCase().includes(search.toLowerCase())) return false;
  return least === undefined || rankOf(level) >= rankOf(least);
}

/** Of a level that is not known: as "info". */
function rankOf(level: string): number {
  const rank = (LEVELS as readonly string[]).indexOf(level);
  return rank < 0 ? 1 : rank;
}

/** Which of the last lines are to be kept. */
export interface TailWish extends Wanted {
  readonly count: number;
  readonly characters: number;
}

export interface Tail {
  readonly lines: readonly LogLine[];
  /** Wanted lines before these. */
  readonly before: number;
}

/** For each wish the last lines that it wants, within both of its bounds; the log is read once. */
export async function tailsOf(
  lines: AsyncIterable<LogLine>,
  wishes: readonly TailWish[],
): Promise<readonly Tail[]> {
  const tails = wishes.map((wish) => ({ wish, tail: createTail(wish) }));
  for await (const line of lines) {
    for (const { wish, tail } of tails) if (isWanted(line, wish)) tail.add(line);
  }
  return tails.map(({ tail }) => tail.end());
}

function createTail({ count, characters }: TailWish) {
  const kept: LogLine[] = [];
  let size = 0;
  let before = 0;
  return {
    add(line: LogLine) {
      kept.push(line);
      size += sizeOf(line);
      while (kept.length > count || (size > characters && kept.length > 1)) {
        const first = kept.shift();
        size -= first === undefined ? 0 : sizeOf(first);
        before += 1;
      }
    },
    end: (): Tail => ({ lines: kept, before }),
  };
}

/** About as many characters as the line takes in an answer. */
export function sizeOf({ text }: LogLine): number {
  return text.length + 60;
}
