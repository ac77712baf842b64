// Temporal mappers: a key is read as a time, and the start of its period is written (Airflow:
// partition_mappers/temporal.py).
import { weekdayOf } from "../python/calendar.ts";
import { PythonError, valueError } from "../python/errors.ts";
import { offsetOfWallClock } from "../values/time-zones.ts";
import type { Period, TemporalMapper } from "./mappers.ts";
import {
  type ClockMoment,
  instantOf,
  inZone,
  partsOf,
  readMoment,
  wallOf,
  writeMoment,
} from "./moments.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The key of the period that the key lies in. Throws ValueError for a key of another format. */
export function startOfPeriod(mapper: TemporalMapper, key: string): string {
  const { period, timezone, inputFormat } = mapper;
  const { wall, fold } = inZone(readMoment(key, inputFormat), timezone);
  const start = normalize(period, wall);
  return formatPeriod(mapper, { wall: start, offset: offsetOfWallClock(start, fold, timezone) });
}

/** The key of a moment, which counts as the start of a period. */
export function formatPeriod(
  { period, outputFormat }: TemporalMapper,
  moment: ClockMoment,
): string {
  const text = writeMoment(moment, outputFormat);
  if (period !== "quarter") return text;
  return fillQuarter(text, Math.floor((partsOf(moment).month - 1) / 3) + 1);
}

/** The start that a key of the mapper's output stands for. Throws ValueError for any other text. */
export function decodePeriod({ period, outputFormat }: TemporalMapper, key: string): ClockMoment {
  if (period !== "week" && period !== "quarter") return readMoment(key, outputFormat);
  const groups = keyPatternOf(period, outputFormat).exec(key)?.groups ?? {};
  const { Y, m, d, quarter } = groups;
  if (period === "week" && Y !== undefined && m !== undefined && d !== undefined) {
    return { wall: wallOf(Number(Y), Number(m), Number(d)) };
  }
  if (period === "quarter" && Y !== undefined && quarter !== undefined) {
    return { wall: wallOf(Number(Y), (Number(quarter) - 1) * 3 + 1) };
  }
  const needed = period === "week" ? "%Y, %m and %d" : "%Y and {quarter}";
  throw valueError(
    `'${key}' can't be read by the output format '${outputFormat}', which needs ${needed}`,
  );
}

/** Epoch ms of the start of the period of a key of the mapper's output. */
export function dateOfPeriod(mapper: TemporalMapper, key: string): number {
  const { wall, ...offset } = decodePeriod(mapper, key);
  return instantOf({ wall: normalize(mapper.period, wall), ...offset }, mapper.timezone);
}

/** A moment as a key that the mapper reads. */
export function encodeUpstream({ timezone, inputFormat }: TemporalMapper, moment: ClockMoment) {
  const { wall } = moment.offset === undefined ? moment : inZone(moment, timezone);
  const { fold: _, ...local } = inZone({ wall }, timezone);
  return writeMoment(local, inputFormat);
}

/** Throws ValueError for an output format that no key can be read back by. */
export function checkOutputFormat(period: Period, outputFormat: string): void {
  if (period === "week" || period === "quarter") keyPatternOf(period, outputFormat);
  if (period === "quarter") fillQuarter(outputFormat, 1);
}

function normalize(period: Period, wall: number): number {
  if (period === "hour") return Math.floor(wall / HOUR_MS) * HOUR_MS;
  const day = Math.floor(wall / DAY_MS) * DAY_MS;
  const parts = partsOf({ wall: day });
  switch (period) {
    case "day":
      return day;
    case "week":
      return day - weekdayOf(parts) * DAY_MS;
    case "month":
      return wallOf(parts.year, parts.month);
    case "quarter":
      return wallOf(parts.year, Math.floor((parts.month - 1) / 3) * 3 + 1);
    case "year":
      return wallOf(parts.year, 1);
  }
}

/** Python: str.format(quarter=…). */
function fillQuarter(text: string, quarter: number): string {
  return text.replaceAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (found, name: string | undefined) => {
    if (found === "{{" || found === "}}") return found.charAt(0);
    if (name === "quarter") return String(quarter);
    if (name !== undefined) throw new PythonError("KeyError", `'${name}'`);
    throw valueError(`single '${found}' in the format of a quarter`);
  });
}

const DIRECTIVES: Readonly<Record<string, string>> = {
  Y: String.raw`\d{4}`,
  ...Object.fromEntries([..."mdHMSVUW"].map((letter) => [letter, String.raw`\d{2}`])),
};
/** What Python takes as a name. */
const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/**
 * Weeks and quarters can't be read by strptime alone: a pattern with a group for each directive and
 * each `{name}` (Airflow: _compile_output_format_regex).
 */
function keyPatternOf(period: "week" | "quarter", format: string): RegExp {
  const seen = new Set<string>();
  const take = (name: string) => {
    if (seen.has(name)) throw valueError(`the output format '${format}' has '${name}' twice`);
    seen.add(name);
    return name;
  };
  let isAfterName = false;
  const pattern = format.replaceAll(
    /%([YmdHMSVUW])|\{([^}]*)\}|[\s\S]/gu,
    (found, directive: string | undefined, name: string | undefined) => {
      const wasAfterName = isAfterName;
      isAfterName = false;
      if (directive !== undefined) return `(?<${take(directive)}>${DIRECTIVES[directive]})`;
      if (name === undefined) return found.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
      if (!IDENTIFIER.test(name)) {
        throw valueError(`the output format '${format}' has the name '${name}', which isn't one`);
      }
      take(name);
      if (period === "quarter" && name === "quarter") return "(?<quarter>[1-4])";
      if (wasAfterName) {
        throw valueError(`the output format '${format}' has nothing in front of '{${name}}'`);
      }
      isAfterName = true;
      return String.raw`(?<${name}>[\p{L}\p{N}_]+)`;
    },
  );
  return new RegExp(`^${pattern}$`, "u");
}
