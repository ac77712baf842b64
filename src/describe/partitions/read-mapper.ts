// Reads partition mappers as written into the document's form. What Airflow refuses when a DAG file
// is read is refused here, and so is what no key could ever be mapped by.
import {
  type Direction,
  decodesTo,
  MAX_PARTITION_KEY_LENGTH,
  type PartitionMapper,
  type PartitionWindow,
  PERIODS,
  type Period,
  type TemporalMapper,
  type WaitPolicy,
  windowOf,
} from "../../model/partitions/mappers.ts";
import { checkOutputFormat } from "../../model/partitions/temporal.ts";
import { PythonError } from "../../model/python/errors.ts";
import { isTimezone } from "../../model/values/time-zones.ts";
import { isPlainObject } from "../../sdk/results.ts";
import { show } from "../check-options.ts";
import { dateFormatFlaw, readingFlaw } from "./key-format.ts";

/** What is wrong with a mapper, as the end of a sentence that begins with the mapper. */
class MapperMistake extends Error {}

/** The mapper, or what is wrong with it. */
export function readMapper(
  given: unknown,
): { readonly mapper: PartitionMapper } | { readonly mistake: string } {
  try {
    return { mapper: toMapper(given) };
  } catch (problem) {
    if (problem instanceof MapperMistake) return { mistake: problem.message };
    throw problem;
  }
}

function toMapper(given: unknown): PartitionMapper {
  if (!isPlainObject(given) || typeof given.kind !== "string") {
    throw new MapperMistake(
      `takes what a function such as startOfDayMapper() gives, got ${show(given)}`,
    );
  }
  const mapper = toKind(given.kind, given);
  const { maxDownstreamKeys: most } = given;
  if (most === undefined) return mapper;
  if (typeof most === "number" && Number.isSafeInteger(most) && most >= 1) {
    return { ...mapper, maxDownstreamKeys: most };
  }
  throw new MapperMistake(
    `has a maxDownstreamKeys that isn't a whole number from 1 on: ${show(most)}`,
  );
}

function toKind(kind: string, given: Readonly<Record<string, unknown>>): PartitionMapper {
  switch (kind) {
    case "identity":
      return { kind };
    case "start-of":
      return toTemporal(given);
    case "product":
      return {
        kind,
        mappers: severalMappers(given.mappers),
        delimiter: toDelimiter(given.delimiter),
      };
    case "chain":
      return { kind, mappers: severalMappers(given.mappers) };
    case "allowed-key":
      return { kind, allowedKeys: toTexts("allowedKeys", given.allowedKeys) };
    case "fixed-key":
      return { kind, downstreamKey: toKey(given.downstreamKey) };
    case "rollup":
      return toRollup(given);
    case "fan-out":
      return toFanOut(given);
    default:
      throw new MapperMistake(`is of no known kind: ${show(kind)}`);
  }
}

function toTemporal(given: Readonly<Record<string, unknown>>): PartitionMapper & TemporalMapper {
  const { period, timezone, inputFormat, outputFormat } = given;
  if (!isPeriod(period)) throw new MapperMistake(`has no such period: ${show(period)}`);
  if (typeof timezone !== "string" || /^[+-]/.test(timezone) || !isTimezone(timezone)) {
    const wanted = 'takes an IANA name such as "Europe/London" as timezone';
    throw new MapperMistake(`${wanted}, got ${show(timezone)}`);
  }
  if (typeof inputFormat !== "string" || typeof outputFormat !== "string") {
    throw new MapperMistake("takes texts as inputFormat and outputFormat");
  }
  const flaw = readingFlaw(inputFormat);
  if (flaw !== undefined)
    throw new MapperMistake(`has the inputFormat "${inputFormat}", which ${flaw}`);
  const outputFlaw = outputFormatFlaw(period, outputFormat);
  if (outputFlaw !== undefined) {
    throw new MapperMistake(`has the outputFormat "${outputFormat}", which ${outputFlaw}`);
  }
  return { kind: "start-of", period, timezone, inputFormat, outputFormat };
}

function outputFormatFlaw(period: Period, format: string): string | undefined {
  if (period !== "week" && period !== "quarter") return dateFormatFlaw(format);
  try {
    checkOutputFormat(period, format);
    return undefined;
  } catch (problem) {
    if (problem instanceof PythonError) return `can't be used: ${problem.message}`;
    throw problem;
  }
}

function severalMappers(given: unknown): readonly PartitionMapper[] {
  const mappers: readonly unknown[] = Array.isArray(given) ? given : [];
  if (mappers.length >= 2) return mappers.map(toMapper);
  throw new MapperMistake(`needs a list of two mappers or more, got ${show(given)}`);
}

function toDelimiter(given: unknown): string {
  if (typeof given === "string" && given !== "") return given;
  throw new MapperMistake(`needs a text as delimiter, got ${show(given)}`);
}

function toTexts(name: string, given: unknown): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(given) ? given : [];
  const found = texts.filter((each) => typeof each === "string" && each !== "");
  if (found.length > 0 && found.length === texts.length) return found.map(String);
  throw new MapperMistake(
    `needs a list of texts as ${name}, none of them empty, got ${show(given)}`,
  );
}

function toKey(given: unknown): string {
  const isKey = typeof given === "string" && given.trim() !== "";
  if (isKey && given.length <= MAX_PARTITION_KEY_LENGTH) return given;
  const most = `of at most ${MAX_PARTITION_KEY_LENGTH} characters`;
  throw new MapperMistake(`needs a text ${most} as its key, got ${show(given)}`);
}

function toRollup(given: Readonly<Record<string, unknown>>): PartitionMapper {
  const upstreamMapper = toMapper(given.upstreamMapper);
  const window = toWindow(given.window);
  if (decodesTo(upstreamMapper) !== windowOf(window)) throw mismatch(upstreamMapper, window);
  return { kind: "rollup", upstreamMapper, window, waitPolicy: toWaitPolicy(given.waitPolicy) };
}

/** In Airflow such a mapper fails with every key. */
function toFanOut(given: Readonly<Record<string, unknown>>): PartitionMapper {
  const upstreamMapper = toMapper(given.upstreamMapper);
  const downstreamMapper = toMapper(given.downstreamMapper);
  const window = toWindow(given.window);
  if (windowOf(window) === "moment" && decodesTo(upstreamMapper) === "text") {
    throw mismatch(upstreamMapper, window);
  }
  if (windowOf(window) === "text" && decodesTo(downstreamMapper) === "moment") {
    throw new MapperMistake("has a downstreamMapper of times, and a window of texts");
  }
  return { kind: "fan-out", upstreamMapper, window, downstreamMapper };
}

function mismatch(mapper: PartitionMapper, window: PartitionWindow): MapperMistake {
  const needed =
    windowOf(window) === "moment"
      ? "the window of a period needs an upstreamMapper of times, such as startOfDayMapper()"
      : "segmentWindow() needs an upstreamMapper of texts, such as fixedKeyMapper()";
  return new MapperMistake(`can't pair them: ${needed}, got one of kind "${mapper.kind}"`);
}

function toWindow(given: unknown): PartitionWindow {
  const { kind, direction, segments } = isPlainObject(given) ? given : {};
  if (kind === "segment") {
    return { kind, segments: [...new Set(toTexts("segments", segments))].sort() };
  }
  if (isPeriod(kind) && isDirection(direction)) return { kind, direction };
  throw new MapperMistake(`needs what a function such as dayWindow() gives, got ${show(given)}`);
}

function toWaitPolicy(given: unknown): WaitPolicy {
  const { kind, n } = isPlainObject(given) ? given : {};
  if (kind === "wait-for-all") return { kind };
  if (kind === "minimum-count" && typeof n === "number" && Number.isSafeInteger(n) && n !== 0) {
    return { kind, n };
  }
  const wanted = "needs waitForAll(), or minimumCount() with a whole number other than 0";
  throw new MapperMistake(`${wanted}, got ${show(kind === "minimum-count" ? n : given)}`);
}

function isPeriod(value: unknown): value is Period {
  return PERIODS.some((period) => period === value);
}

function isDirection(value: unknown): value is Direction {
  return value === "forward" || value === "backward";
}
