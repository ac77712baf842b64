// Time zones of dates in templates: named ones, and fixed offsets as pendulum and as Python's
// datetime have them.

import { isoOffset } from "../../model/python/calendar.ts";
import { valueError } from "../../model/python/errors.ts";
import { isTimezone, offsetOfWall, toWallClock } from "../../model/values/time-zones.ts";
import { unsupported } from "../python/errors.ts";
import { PythonObject, type Value } from "../python/values.ts";

/** Offsets are in seconds, local minus UTC. */
export abstract class Zone extends PythonObject {
  abstract readonly name: string;
  abstract offsetAt(instantMs: number): number;
  /** The abbreviation: "CET". */
  abstract abbreviationAt(instantMs: number): string;

  override attribute(name: string): Value | undefined {
    return name === "name" || name === "key" ? this.name : undefined;
  }
  override toText(): string {
    return this.name;
  }
  override equals(other: Value): boolean {
    return other instanceof Zone && other.typeName === this.typeName && other.name === this.name;
  }
  override hashKey(): string {
    return `zone ${this.name}`;
  }

  /**
   * The offset when the zone's clocks show `wallMs`. Of a time that comes twice `fold` 0 is the
   * first, 1 the second; of one that is skipped 0 is the offset before, 1 the one after.
   */
  offsetOfWall(wallMs: number, fold: 0 | 1): number {
    return offsetOfWall(wallMs, fold, { offsetAt: (at) => this.offsetAt(at), unitMs: 1000 });
  }
}

/** A zone of the IANA database. */
class NamedZone extends Zone {
  readonly typeName = "Timezone";
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  repr(): string {
    return `Timezone('${this.name}')`;
  }
  offsetAt(instantMs: number): number {
    return (toWallClock(instantMs, this.name) - instantMs) / 1000;
  }
  abbreviationAt(instantMs: number): string {
    return this.name === "UTC" ? "UTC" : findAbbreviation(this.name, instantMs);
  }
}

/** A fixed offset: pendulum's, named "+02:00", or Python's own, named "UTC+02:00". */
export class FixedZone extends Zone {
  readonly typeName: "FixedTimezone" | "timezone";
  readonly name: string;
  readonly #seconds: number;

  constructor(seconds: number, isPendulum: boolean) {
    super();
    this.#seconds = seconds;
    this.typeName = isPendulum ? "FixedTimezone" : "timezone";
    const offset = isoOffset(seconds);
    this.name = isPendulum ? offset : seconds === 0 ? "UTC" : `UTC${offset}`;
  }

  repr(): string {
    if (this.typeName === "FixedTimezone") {
      return `FixedTimezone(${this.#seconds}, name="${this.name}")`;
    }
    if (this.#seconds === 0) return "datetime.timezone.utc";
    const days = this.#seconds < 0 ? "days=-1, " : "";
    const seconds = this.#seconds + (this.#seconds < 0 ? 86_400 : 0);
    return `datetime.timezone(datetime.timedelta(${days}seconds=${seconds}))`;
  }
  offsetAt(): number {
    return this.#seconds;
  }
  abbreviationAt(): string {
    return this.name;
  }
  override offsetOfWall(): number {
    return this.#seconds;
  }
  override attribute(name: string): Value | undefined {
    return this.typeName === "timezone" ? undefined : super.attribute(name);
  }
}

export const UTC = new NamedZone("UTC");
/** `datetime.timezone.utc` */
export const PYTHON_UTC = new FixedZone(0, false);

/** The zone of a name or of a number of hours, as pendulum reads it. Throws for an unknown one. */
export function toZone(value: Value): Zone {
  if (value instanceof Zone) return value;
  if (value === null || value === "local") return localZone();
  if (typeof value === "bigint" || typeof value === "number") {
    return new FixedZone(Math.trunc(Number(value) * 3_600), true);
  }
  if (typeof value === "string" && /^utc$/i.test(value)) return UTC;
  if (typeof value === "string" && isTimezone(value)) return new NamedZone(value);
  throw valueError(`${JSON.stringify(String(value))} is not a time zone`);
}

/** The zone of this process. */
export function localZone(): Zone {
  return toZone(new Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/** Languages whose speakers use the zone's own abbreviation; others write "GMT+1". */
const LANGUAGES = ["en-US", "en-GB", "en-AU", "en-CA", "en-IN", "en-NZ", "en-ZA", "ja-JP"];

function findAbbreviation(name: string, instantMs: number): string {
  for (const language of LANGUAGES) {
    const parts = new Intl.DateTimeFormat(language, {
      timeZone: name,
      timeZoneName: "short",
    }).formatToParts(instantMs);
    const found = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]{3,5}$/.test(found)) return found;
  }
  throw unsupported(`the short name of the time zone ${name} is not known here; write its offset`);
}
