// The filters of listings that a store answers, as Airflow's query parameters have them: what each
// asks for is data. Filters of what is at hand are in filters.ts.
import type { Condition, FieldValue } from "../../model/listings/conditions.ts";
import { boundsOf } from "./filters.ts";
import { type PatternOptions, toLikePatterns, toPrefixes } from "./patterns.ts";
import type { Query } from "./query.ts";

export interface ConditionFilter<F extends string> {
  /** The query parameters by which it is asked for. */
  readonly parameters: readonly string[];
  /** What the query asks for; nothing where it has none of the parameters. `now` is in epoch ms. */
  toConditions(query: Query, now: number): readonly Condition<F>[];
}

/** All parameters of the filters. */
export function parametersOfAll<F extends string>(
  filters: readonly ConditionFilter<F>[],
): readonly string[] {
  return filters.flatMap(({ parameters }) => parameters);
}

/** All that the query asks for. */
export function conditionsOf<F extends string>(
  filters: readonly ConditionFilter<F>[],
  query: Query,
  now: number,
): readonly Condition<F>[] {
  return filters.flatMap((filter) => filter.toConditions(query, now));
}

/** The field is one of the values. */
export function isOneOf<F extends string>(field: F, values: Iterable<FieldValue>): Condition<F> {
  return { kind: "in", field, values: [...values] };
}

/** `<name>_pattern` and `<name>_prefix_pattern`. A pattern leaves out what has no text. */
export function onPattern<F extends string>(
  name: string,
  field: F,
  options: PatternOptions = {},
): ConditionFilter<F> {
  const [like, start] = [`${name}_pattern`, `${name}_prefix_pattern`];
  return {
    parameters: [like, start],
    toConditions(query) {
      const [pattern, prefix] = [query.text(like), query.text(start)];
      return [
        ...(pattern === undefined ? [] : [isLike(field, pattern, options)]),
        ...(prefix === undefined
          ? []
          : [{ kind: "starts", field, prefixes: toPrefixes(prefix, options) } as const]),
      ];
    },
  };
}

/** What a text is like, by Airflow's pattern. */
export function isLike<F extends string>(
  field: F,
  pattern: string,
  options: PatternOptions = {},
): Condition<F> {
  // Everything that there is.
  if (pattern === "~") return { kind: "range", field };
  return { kind: "like", field, patterns: toLikePatterns(pattern, options) };
}

/** `<name>`: the one text that is wanted. */
export function onText<F extends string>(name: string, field: F): ConditionFilter<F> {
  return {
    parameters: [name],
    toConditions(query) {
      const wanted = query.text(name);
      return wanted === undefined ? [] : [isOneOf(field, [wanted])];
    },
  };
}

/** `<name>`, repeated: any of the texts; where there are choices, others are refused. */
export function onTexts<F extends string>(
  name: string,
  field: F,
  choices?: readonly string[],
): ConditionFilter<F> {
  return {
    parameters: [name],
    toConditions(query) {
      const wanted = choices === undefined ? query.texts(name) : query.choices(name, choices);
      return wanted.length === 0 ? [] : [isOneOf(field, wanted)];
    },
  };
}

/** `<name>`, repeated: any of the numbers. */
export function onIntegers<F extends string>(name: string, field: F): ConditionFilter<F> {
  return {
    parameters: [name],
    toConditions(query) {
      const wanted = query.integers(name);
      return wanted.length === 0 ? [] : [isOneOf(field, wanted)];
    },
  };
}

/** `<name>_gte`, `_gt`, `_lte`, `_lt` for seconds; what has no value yet is left out. */
export function onSeconds<F extends string>(name: string, field: F): ConditionFilter<F> {
  return onBounds(name, {
    read: (query, parameter) => query.number(parameter),
    bound: (seconds, suffix) => ({
      kind: "range",
      field,
      ...RANGES[suffix](toSpan(seconds, suffix)),
    }),
  });
}

/** `<name>_gte`, `_gt`, `_lte`, `_lt` for dates; what has none is left out. */
export function onDates<F extends string>(name: string, field: F): ConditionFilter<F> {
  return onBounds(name, {
    read: (query, parameter) => query.moment(parameter),
    bound: (moment, suffix) => ({ kind: "range", field, ...RANGES[suffix](moment) }),
  });
}

/**
 * Like onDates for what starts or ends: what hasn't yet will do so later than any lower bound, and
 * counts as doing so now for an upper one (Airflow: NullableDatetimeRangeFilter).
 */
export function onProgress<F extends string>(name: string, field: F): ConditionFilter<F> {
  return onBounds(name, {
    read: (query, parameter) => query.moment(parameter),
    bound(moment, suffix, now) {
      const range = RANGES[suffix](moment);
      const orAbsent = range.to === undefined || now <= range.to;
      return { kind: "range", field, ...range, orAbsent };
    },
  });
}

type Suffix = "gte" | "gt" | "lte" | "lt";
const SUFFIXES: readonly Suffix[] = ["gte", "gt", "lte", "lt"];

interface Range {
  readonly from?: number;
  readonly to?: number;
}

/** Of whole milliseconds: what is after a moment is at least one later. */
const RANGES: Readonly<Record<Suffix, (bound: number) => Range>> = {
  gte: (from) => ({ from }),
  gt: (bound) => ({ from: bound + 1 }),
  lte: (to) => ({ to }),
  lt: (bound) => ({ to: bound - 1 }),
};

/** The whole milliseconds that the bound of `RANGES` is to be made of. */
function toSpan(seconds: number, suffix: Suffix): number {
  const span = seconds * 1_000;
  // 0.0035 s and the like are no whole number of ms by a hair only.
  const nearest = Math.round(span);
  if (nearest / 1_000 === seconds) return nearest;
  return suffix === "gte" || suffix === "lt" ? Math.ceil(span) : Math.floor(span);
}

function onBounds<F extends string>(
  name: string,
  {
    read,
    bound,
  }: {
    readonly read: (query: Query, parameter: string) => number | undefined;
    readonly bound: (value: number, suffix: Suffix, now: number) => Condition<F>;
  },
): ConditionFilter<F> {
  return {
    parameters: boundsOf(name),
    toConditions: (query, now) =>
      SUFFIXES.flatMap((suffix) => {
        const value = read(query, `${name}_${suffix}`);
        return value === undefined ? [] : [bound(value, suffix, now)];
      }),
  };
}
