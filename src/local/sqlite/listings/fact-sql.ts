// The conditions and orders of listings as SQL over a table of facts. Values from outside are always
// bound, never part of the text.
import type { Condition, FieldValue, OrderBy } from "../../../model/listings/conditions.ts";
import { ABSENT, type FactColumn, type FactIndex, type FactSpec, toStored } from "./fact-spec.ts";

export interface Clause {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

type Spec<F extends string> = FactSpec<F>;

/**
 * SQLite's LIKE takes time for the text times the pattern, the function for the text alone.
 */
const LONGEST_PATTERN = 100;
/** Patterns in one statement; more are tested by the function. */
const MOST_PATTERNS = 20;

/** The function that tests a value by a condition as JSON text, where SQL can't. */
export const TEST_FUNCTION = "meets_condition";

export const EVERYTHING: Clause = { sql: "1", values: [] };

/** All of them. */
export function allOf(clauses: readonly Clause[]): Clause {
  if (clauses.length === 0) return EVERYTHING;
  return {
    sql: clauses.map(({ sql }) => sql).join(" AND "),
    values: clauses.flatMap(({ values }) => values),
  };
}

export function toClauses<F extends string>(
  { columns }: Pick<Spec<F>, "columns">,
  conditions: readonly Condition<F>[],
): Clause {
  return allOf(conditions.map((condition) => toClause(columns[condition.field], condition)));
}

function toClause(column: FactColumn, condition: Condition): Clause {
  const own = toOwnClause(column, condition);
  if (!column.via) return own;
  const { column: number, table } = column.via;
  return { ...own, sql: `${number} IN (SELECT no FROM ${table} WHERE ${own.sql})` };
}

function toOwnClause(column: FactColumn, condition: Condition): Clause {
  const { name, isList } = column;
  if (condition.kind === "in") return isList ? toListed(name, condition) : toIn(column, condition);
  if (condition.kind === "range") return toRange(column, condition);
  if (condition.kind === "like") return toLike(name, condition);
  const { prefixes } = condition;
  if (prefixes.length > MOST_PATTERNS) return byFunction(name, condition);
  return {
    sql: `(${prefixes.map(() => `(${name} >= ? AND ${name} < ?)`).join(" OR ")})`,
    values: prefixes.flatMap((start) => [start, `${start}\u{10ffff}`]),
  };
}

/** One of the items of the list is among the values. */
function toListed(
  name: string,
  { values, isExcluded = false }: Extract<Condition, { readonly kind: "in" }>,
): Clause {
  const has = `EXISTS (SELECT 1 FROM json_each(${name}) AS item
    WHERE item.value IN (SELECT value FROM json_each(?)))`;
  return { sql: isExcluded ? `NOT ${has}` : has, values: [JSON.stringify(values)] };
}

/** The column of the table of facts itself. */
export function columnOf({ name, via }: FactColumn): string {
  return via?.column ?? name;
}

/** The field by its own name, among what a query selects. */
export function toSelected({ name, via }: FactColumn): string {
  if (!via) return name;
  return `(SELECT ${name} FROM ${via.table} AS other WHERE other.no = ${via.column}) AS ${name}`;
}

function toIn(
  column: FactColumn,
  { values, isExcluded = false }: Extract<Condition, { readonly kind: "in" }>,
): Clause {
  const { name } = column;
  const stored = values.map((value) => toStored(value, column));
  const present = stored.filter((value) => value !== null);
  const [first, ...others] = present;
  const isIn: Clause =
    first !== undefined && others.length === 0
      ? { sql: `${name} = ?`, values: [first] }
      : {
          sql: `${name} IN (SELECT value FROM json_each(?))`,
          values: [JSON.stringify(present)],
        };
  const hasNull = present.length < stored.length;
  if (!isExcluded) return hasNull ? { ...isIn, sql: `(${isIn.sql} OR ${name} IS NULL)` } : isIn;
  const isNull = hasNull ? `${name} IS NOT NULL AND` : `${name} IS NULL OR`;
  return { ...isIn, sql: `(${isNull} NOT (${isIn.sql}))` };
}

function toRange(
  { name, isNumber }: FactColumn,
  { from, to, orAbsent = false }: Extract<Condition, { readonly kind: "range" }>,
): Clause {
  if (!isNumber) return { sql: orAbsent ? "1" : `${name} >= ''`, values: [] };
  if (orAbsent && from === undefined) {
    return to === undefined ? EVERYTHING : { sql: `${name} <= ?`, values: [to] };
  }
  const bounds = to === undefined ? [from ?? ABSENT + 1] : [from ?? ABSENT + 1, to];
  const within = to === undefined ? `${name} >= ?` : `${name} BETWEEN ? AND ?`;
  if (!orAbsent) return { sql: within, values: bounds };
  return { sql: `(${within} OR ${name} = ?)`, values: [...bounds, ABSENT] };
}

/** SQL's LIKE knows upper and lower case of ASCII only. */
function toLike(name: string, condition: Extract<Condition, { readonly kind: "like" }>): Clause {
  const { patterns } = condition;
  const isPlain = (pattern: string) =>
    pattern.length <= LONGEST_PATTERN && !/[^\p{ASCII}]/u.test(pattern);
  if (patterns.length > MOST_PATTERNS || !patterns.every(isPlain)) {
    return byFunction(name, condition);
  }
  const each = patterns.map(() => `${name} LIKE ? ESCAPE '\\'`);
  return { sql: `(${each.join(" OR ")})`, values: patterns };
}

function byFunction(name: string, condition: Condition): Clause {
  return { sql: `${TEST_FUNCTION}(?, ${name})`, values: [JSON.stringify(condition)] };
}

/** The fields of the order with what tells equal items apart, all but the number of the row. */
export function fullOrder<F extends string>(
  { tie }: Pick<Spec<F>, "tie">,
  order: readonly OrderBy<F>[],
): readonly OrderBy<F>[] {
  // A field that comes twice orders nothing the second time.
  const fields = order.filter(
    ({ field }, index) => order.findIndex((by) => by.field === field) === index,
  );
  const isDescending = order[0]?.isDescending ?? false;
  return fields.some(({ field }) => field === tie)
    ? fields
    : [...fields, { field: tie, isDescending }];
}

/** ORDER BY's terms for a full order; `isReversed` reads it from its end. */
export function toOrder<F extends string>(
  { columns }: Pick<Spec<F>, "columns">,
  order: readonly OrderBy<F>[],
  isReversed: boolean,
): string {
  const sign = (isDescending: boolean) => (isDescending === isReversed ? "ASC" : "DESC");
  const terms = order.map(
    ({ field, isDescending }) => `${columns[field].name} ${sign(isDescending)}`,
  );
  return [...terms, `no ${sign(order[0]?.isDescending ?? false)}`].join(", ");
}

/** The fields with one value each. */
function fixedFields<F extends string>(conditions: readonly Condition<F>[]): ReadonlySet<F> {
  return new Set(
    conditions.flatMap((condition) =>
      condition.kind === "in" && !condition.isExcluded && condition.values.length === 1
        ? [condition.field]
        : [],
    ),
  );
}

interface Walk<F extends string> {
  readonly index: FactIndex<F>;
  /** The conditions that the index leaves nothing else of. */
  readonly narrowed: readonly Condition<F>[];
  readonly others: readonly Condition<F>[];
  /** All of the others are tested without a look at the rows. */
  readonly isCovering: boolean;
}

/** The index that has the items in the order, behind as many fixed fields as possible. */
export function walkFor<F extends string>(
  { indexes, scan, columns }: Pick<Spec<F>, "indexes" | "scan" | "columns">,
  conditions: readonly Condition<F>[],
  order: readonly OrderBy<F>[],
): Walk<F> | undefined {
  if (order.some(({ isDescending }) => isDescending !== order[0]?.isDescending)) return undefined;
  if (order.some(({ field }) => columns[field].via)) return undefined;
  // Several rows of the other table may have the value.
  const fixed = new Set([...fixedFields(conditions)].filter((field) => !columns[field].via));
  const lead = ({ fields }: FactIndex<F>) => fields.length - order.length;
  const [index] = [...indexes, scan]
    .filter((each) => !each.isPartial)
    .filter(
      (each) =>
        lead(each) >= 0 &&
        order.every(({ field }, at) => each.fields[lead(each) + at] === field) &&
        each.fields.slice(0, lead(each)).every((field) => fixed.has(field)),
    )
    .sort((a, b) => lead(b) - lead(a));
  if (!index) return undefined;
  const used = new Set(index.fields.slice(0, lead(index)));
  const isNarrowed = ({ field, kind }: Condition<F>) =>
    used.has(field) || (field === order[0]?.field && kind === "range");
  const others = conditions.filter((condition) => !isNarrowed(condition));
  const has = new Set([...index.fields, ...(index.also ?? [])]);
  return {
    index,
    narrowed: conditions.filter(isNarrowed),
    others,
    isCovering: others.every(({ field }) => has.has(field)),
  };
}

/** Values of a full order and the number of a row. */
export interface Place {
  readonly at: readonly FieldValue[];
  readonly no: number;
}

/** Behind the place in the order, read from its end with `isReversed`. */
export function toBehind<F extends string>(
  { columns }: Pick<Spec<F>, "columns">,
  order: readonly OrderBy<F>[],
  { place: { at, no }, isReversed }: { readonly place: Place; readonly isReversed: boolean },
): Clause {
  const first = order[0]?.isDescending ?? false;
  const names = [...order.map(({ field }) => columns[field].name), "no"];
  const values = [
    ...order.map(({ field }, i) => toStored(at[i] ?? null, columns[field]) ?? ""),
    no,
  ];
  const signs = [...order.map(({ isDescending }) => isDescending), first].map((isDescending) =>
    isDescending === isReversed ? ">" : "<",
  );
  if (signs.every((sign) => sign === signs[0])) {
    return {
      sql: `(${names.join(", ")}) ${signs[0]} (${names.map(() => "?").join(", ")})`,
      values,
    };
  }
  // Each alternative is equal in some fields and behind in the next one.
  const alternatives = names.map((name, index) => ({
    sql: [...names.slice(0, index).map((each) => `${each} = ?`), `${name} ${signs[index]} ?`],
    values: values.slice(0, index + 1),
  }));
  return {
    sql: `(${alternatives.map(({ sql }) => `(${sql.join(" AND ")})`).join(" OR ")})`,
    values: alternatives.flatMap((each) => each.values),
  };
}
