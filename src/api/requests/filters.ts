// The filters of listings, as Airflow's query parameters have them. Each says by which parameters
// it is asked for, so that a listing's filters are also the list of what it supports.
import { createPatternTest, createPrefixTest, type PatternOptions } from "./patterns.ts";
import type { Query } from "./query.ts";

export type Test<T> = (item: T) => boolean;

export interface Filter<T> {
  /** The query parameters by which it is asked for. */
  readonly parameters: readonly string[];
  /** What the query asks for; undefined when it asks for nothing. `now` is in epoch ms. */
  toTest(query: Query, now: number): Test<T> | undefined;
}

/** UTC ISO text; absent while there is none. */
type DateText = string | null | undefined;

/** All parameters of the filters. */
export function parametersOf<T>(filters: readonly Filter<T>[]): readonly string[] {
  return filters.flatMap(({ parameters }) => parameters);
}

/** The tests that the query asks for. An item is to pass them all. */
export function testsOf<T>(
  filters: readonly Filter<T>[],
  query: Query,
  now: number,
): readonly Test<T>[] {
  return filters.flatMap((filter) => filter.toTest(query, now) ?? []);
}

/** `<name>_pattern` and `<name>_prefix_pattern`. A pattern leaves out what has no text. */
export function byPattern<T>(
  name: string,
  textOf: (item: T) => string | null | undefined,
  options: PatternOptions = {},
): Filter<T> {
  const [like, start] = [`${name}_pattern`, `${name}_prefix_pattern`];
  return {
    parameters: [like, start],
    toTest(query) {
      const [pattern, prefix] = [query.text(like), query.text(start)];
      if (pattern === undefined && prefix === undefined) return undefined;
      const isLike = createPatternTest(pattern, options);
      const hasStart = createPrefixTest(prefix, options);
      return (item) => {
        const text = textOf(item);
        return text !== null && text !== undefined && isLike(text) && hasStart(text);
      };
    },
  };
}

/** `<name>`: the one text that is wanted. */
export function byText<T>(name: string, textOf: (item: T) => string): Filter<T> {
  return {
    parameters: [name],
    toTest(query) {
      const wanted = query.text(name);
      return wanted === undefined ? undefined : (item) => textOf(item) === wanted;
    },
  };
}

/** `<name>`, repeated: any of the texts; where there are choices, others are refused. */
export function byTexts<T>(
  name: string,
  textOf: (item: T) => string,
  choices?: readonly string[],
): Filter<T> {
  return {
    parameters: [name],
    toTest(query) {
      const wanted = choices === undefined ? query.texts(name) : query.choices(name, choices);
      return wanted.length === 0 ? undefined : (item) => wanted.includes(textOf(item));
    },
  };
}

/** `<name>`, repeated: any of the numbers. */
export function byIntegers<T>(name: string, numberOf: (item: T) => number): Filter<T> {
  return {
    parameters: [name],
    toTest(query) {
      const wanted = query.integers(name);
      return wanted.length === 0 ? undefined : (item) => wanted.includes(numberOf(item));
    },
  };
}

/** `<name>_gte`, `_gt`, `_lte`, `_lt` for seconds; what has no value yet is left out. */
export function bySeconds<T>(name: string, secondsOf: (item: T) => number | null): Filter<T> {
  return byBounds<T>(name, {
    bound: (query, parameter) => query.number(parameter),
    value: secondsOf,
  });
}

/** `<name>_gte`, `_gt`, `_lte`, `_lt` for dates; what has none is left out. */
export function byDate<T>(name: string, dateOf: (item: T) => DateText): Filter<T> {
  return byBounds<T>(name, {
    bound: (query, parameter) => query.moment(parameter),
    value: (item) => momentOf(dateOf(item)),
  });
}

/**
 * Like byDate for what starts or ends: what hasn't yet will do so later than any lower bound, and
 * counts as doing so now for an upper one (Airflow: NullableDatetimeRangeFilter).
 */
export function byProgress<T>(name: string, dateOf: (item: T) => DateText): Filter<T> {
  return byBounds<T>(name, {
    bound: (query, parameter) => query.moment(parameter),
    value: (item, { now, isLower }) =>
      momentOf(dateOf(item)) ?? (isLower ? Number.POSITIVE_INFINITY : now),
  });
}

/** By suffix of the parameter's name. */
const BOUNDS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  gte: (value, bound) => value >= bound,
  gt: (value, bound) => value > bound,
  lte: (value, bound) => value <= bound,
  lt: (value, bound) => value < bound,
};

interface Bounded<T> {
  bound(query: Query, parameter: string): number | undefined;
  /** Null: the item passes no bound. */
  value(item: T, at: { readonly now: number; readonly isLower: boolean }): number | null;
}

function byBounds<T>(name: string, { bound, value }: Bounded<T>): Filter<T> {
  return {
    parameters: boundsOf(name),
    toTest(query, now) {
      const tests = Object.entries(BOUNDS).flatMap(([suffix, holds]) => {
        const limit = bound(query, `${name}_${suffix}`);
        if (limit === undefined) return [];
        const at = { now, isLower: suffix.startsWith("g") };
        return [(item: T) => isWithin(value(item, at), limit, holds)];
      });
      return tests.length === 0 ? undefined : (item) => tests.every((test) => test(item));
    },
  };
}

/** The parameters that bound a value. */
export function boundsOf(name: string): readonly string[] {
  return Object.keys(BOUNDS).map((suffix) => `${name}_${suffix}`);
}

function isWithin(
  value: number | null,
  bound: number,
  holds: (value: number, bound: number) => boolean,
): boolean {
  return value !== null && holds(value, bound);
}

function momentOf(date: DateText): number | null {
  return date === null || date === undefined ? null : Date.parse(date);
}
