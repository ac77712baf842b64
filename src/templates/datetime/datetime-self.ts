// A datetime as its properties and methods see it.

import type { MomentParts } from "../../model/python/calendar.ts";
import type { Moment } from "../../model/python/strftime.ts";
import type { Value } from "../python/values.ts";
import type { DateLike } from "./date-like.ts";
import type { Interval } from "./interval.ts";
import type { Zone } from "./zone.ts";

export type Fold = 0 | 1;

export interface WithOptions {
  readonly parts?: MomentParts;
  readonly zone?: Zone | undefined | null;
  readonly fold?: Fold;
}

export interface DateTimeSelf extends DateLike {
  readonly isPendulum: boolean;
  readonly parts: MomentParts;
  readonly zone: Zone | undefined;
  readonly fold: Fold;
  /** In seconds; `undefined` without a zone. */
  readonly offset: number | undefined;
  /** Microseconds since 1970 in UTC; of a datetime without a zone on its own clock. */
  readonly instant: bigint;
  /** Seconds since 1970 in UTC; without a zone the process's zone counts. */
  readonly timestamp: number;
  abbreviation(): string | undefined;
  isoformat(separator?: string, timespec?: string): string;
  moment(): Moment & { readonly zone: string };
  /** The same in another zone, or with another clock in the same zone. */
  with(options: WithOptions): DateTimeSelf;
  /** The same instant on the clocks of another zone. */
  inZone(zone: Zone): DateTimeSelf;
  /** The current moment in the same zone. */
  now(): DateTimeSelf;
  /** The value where it is a datetime. */
  asDateTime(value: Value): DateTimeSelf | undefined;
  /** The span from this to the other. */
  difference(other: DateTimeSelf, isAbsolute?: boolean): Interval;
}
