// Times of day without a date: Python's time and pendulum's Time.

import { isoTime, type MomentParts, SECOND } from "../../model/python/calendar.ts";
import { type Moment, strftime } from "../../model/python/strftime.ts";
import { parameters } from "../python/functions.ts";
import { toText } from "../python/repr.ts";
import { PythonObject, type Value } from "../python/values.ts";
import { memberOf, members } from "./members.ts";
import { formatPendulum } from "./pendulum-format.ts";

export class TimeValue extends PythonObject {
  readonly typeName: string;
  readonly parts: MomentParts;
  readonly isPendulum: boolean;

  constructor(parts: MomentParts, isPendulum: boolean) {
    super();
    // Python writes times as those of 1900-01-01.
    this.parts = { ...parts, year: 1900, month: 1, day: 1 };
    this.isPendulum = isPendulum;
    this.typeName = isPendulum ? "Time" : "time";
  }

  get #microseconds(): bigint {
    const { hour, minute, second, microsecond } = this.parts;
    return BigInt(hour * 3_600 + minute * 60 + second) * SECOND + BigInt(microsecond);
  }

  repr(): string {
    const { hour, minute, second, microsecond } = this.parts;
    const fraction = microsecond === 0 ? "" : `, ${microsecond}`;
    if (this.isPendulum) return `Time(${hour}, ${minute}, ${second}${fraction})`;
    const seconds = second === 0 && microsecond === 0 ? "" : `, ${second}${fraction}`;
    return `datetime.time(${hour}, ${minute}${seconds})`;
  }
  override toText(): string {
    return isoTime(this.parts);
  }
  override equals(other: Value): boolean {
    return other instanceof TimeValue && other.#microseconds === this.#microseconds;
  }
  override compare(other: Value): number | undefined {
    return other instanceof TimeValue
      ? Number(this.#microseconds - other.#microseconds)
      : undefined;
  }
  override hashKey(): string {
    return `time ${this.#microseconds}`;
  }
  override attribute(name: string): Value | undefined {
    return this.isPendulum
      ? memberOf<TimeValue>(this, name, OWN, PENDULUM)
      : memberOf<TimeValue>(this, name, OWN);
  }
  override format(spec: string): string {
    return strftime(this.moment(), spec);
  }
  moment(): Moment & { readonly zone: string } {
    return { parts: this.parts, zone: "", lacks: "date" };
  }
}

const readFormat = parameters("strftime", "format");
const readIso = parameters("isoformat", "timespec?");

const OWN = members<TimeValue>(
  {
    hour: ({ parts }) => BigInt(parts.hour),
    minute: ({ parts }) => BigInt(parts.minute),
    second: ({ parts }) => BigInt(parts.second),
    microsecond: ({ parts }) => BigInt(parts.microsecond),
    tzinfo: () => null,
  },
  {
    isoformat: (self, args) => isoTime(self.parts, toText(readIso(args)[0] ?? "auto")),
    strftime: (self, args) => strftime(self.moment(), toText(readFormat(args)[0] ?? "")),
  },
);

const PENDULUM = members<TimeValue>(
  {},
  { format: (self, args) => formatPendulum(self.moment(), toText(readFormat(args)[0] ?? "")) },
);
