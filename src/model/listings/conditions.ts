// A listing as data: what its items must be like, and their order. A store answers it by its
// indexes, or tests items by the functions here.
import { createLikeTest } from "./like.ts";

/** A field of an item: dates are epoch ms, durations are ms; null while there is none. */
export type FieldValue = string | number | null;

/** What every item of a listing must be like. */
export type Condition<F extends string = string> =
  /** One of the values, of which null stands for "has none"; with `isExcluded`, none of them. */
  | {
      readonly kind: "in";
      readonly field: F;
      readonly values: readonly FieldValue[];
      readonly isExcluded?: boolean;
    }
  /** Both bounds belong to the range. An item without a value is left out unless told otherwise. */
  | {
      readonly kind: "range";
      readonly field: F;
      readonly from?: number;
      readonly to?: number;
      readonly orAbsent?: boolean;
    }
  /** Any of SQL's LIKE patterns with "\" as escape, whatever the case. */
  | { readonly kind: "like"; readonly field: F; readonly patterns: readonly string[] }
  /** Any of the beginnings, in this case. */
  | { readonly kind: "starts"; readonly field: F; readonly prefixes: readonly string[] };

/** One field of an order. Absent values come first. */
export interface OrderBy<F extends string = string> {
  readonly field: F;
  readonly isDescending: boolean;
}

/** How each field is read off an item. */
export type Fields<T, F extends string> = Readonly<Record<F, (item: T) => FieldValue>>;

/** A test of all the conditions. */
export function createConditionTest<T, F extends string>(
  conditions: readonly Condition<F>[],
  fields: Fields<T, F>,
): (item: T) => boolean {
  const tests = conditions.map((condition) => {
    const holds = testOf(condition);
    const read = fields[condition.field];
    return (item: T) => holds(read(item));
  });
  return (item) => tests.every((test) => test(item));
}

/** Whether a value of the condition's field meets it. */
export function testOf(condition: Condition): (value: FieldValue) => boolean {
  if (condition.kind === "in") {
    const { values, isExcluded = false } = condition;
    return (value) => values.includes(value) !== isExcluded;
  }
  if (condition.kind === "range") {
    const { from, to, orAbsent = false } = condition;
    return (value) => {
      if (value === null) return orAbsent;
      // Bounds are of numbers; any text is within them.
      if (typeof value === "string") return true;
      return (from === undefined || value >= from) && (to === undefined || value <= to);
    };
  }
  if (condition.kind === "like") {
    const isLike = createLikeTest(condition.patterns);
    return (value) => typeof value === "string" && isLike(value);
  }
  const { prefixes } = condition;
  return (value) => typeof value === "string" && prefixes.some((start) => value.startsWith(start));
}

/** Below 0 if the first of two lists of values, one for each field of the order, comes first. */
export function compareInOrder(
  a: readonly FieldValue[],
  b: readonly FieldValue[],
  order: readonly Pick<OrderBy, "isDescending">[],
): number {
  for (const [index, { isDescending }] of order.entries()) {
    const sign = compareFields(a[index] ?? null, b[index] ?? null);
    if (sign !== 0) return isDescending ? -sign : sign;
  }
  return 0;
}

/** Absent values come first; texts are in the order of their code points, as databases have it. */
function compareFields(a: FieldValue, b: FieldValue): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  return a < b ? -1 : 1;
}

/** UTF-16's order differs from that of code points only where a surrogate meets what is above. */
function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for what is above all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
