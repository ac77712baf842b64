// Options and arguments that several commands share, in Airflow's spelling.
import { InvalidArgumentError, Option } from "commander";
import type { JsonObject } from "../../model/values/json.ts";
import { parseMomentToIso } from "../../model/values/time.ts";
import { OUTPUTS } from "../terminal/table.ts";

export function outputOption(): Option {
  return new Option("-o, --output <form>", "form of the output").choices(OUTPUTS).default("table");
}

export function confOption(): Option {
  return new Option("-c, --conf <json>", "the run's conf, a JSON object").argParser(toJsonObject);
}

export function logicalDateOption(): Option {
  return new Option("-l, --logical-date <date>", 'ISO date, or "none" (default: now)').argParser(
    toLogicalDate,
  );
}

export function toJsonObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isObject(value)) return value;
  throw new InvalidArgumentError(`It must be a JSON object, such as '{"day": "2026-01-31"}'.`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The option's value: the default when absent, null for "none". */
export function logicalDateOf<Default extends string | null>(
  option: string | undefined,
  otherwise: Default,
): string | Default | null {
  if (option === undefined) return otherwise;
  return option === NO_DATE ? null : option;
}

const NO_DATE = "none";

/** Commander makes an empty text of null, so that "none" stays as it is. */
function toLogicalDate(text: string): string {
  return text === NO_DATE ? text : toDate(text);
}

/** An ISO date as UTC ISO text. */
export function toDate(text: string): string {
  const date = parseMomentToIso(text);
  if (date !== undefined) return date;
  throw new InvalidArgumentError("It must be an ISO date, such as 2026-01-31T06:00:00Z.");
}
