// Finds the index of a table of facts that has the fewest entries for a listing's conditions, and
// counts by it.
import { type Condition, testOf } from "../../../model/listings/conditions.ts";
import type { SqliteDatabase } from "../database.ts";
import { integer } from "../rows.ts";
import type { FactColumn, FactIndex, FactSpec } from "./fact-spec.ts";
import { allOf, type Clause, columnOf, EVERYTHING, toClauses } from "./fact-sql.ts";

/** An index with more entries that are meant is no better than the narrow one over all rows. */
export const MANY = 20_000;

/** Conditions with the index that has all matches, and its entries that can be meant: up to MANY. */
export interface Searched<F extends string> {
  readonly conditions: readonly Condition<F>[];
  readonly index: FactIndex<F>;
  readonly entries: number;
}

export class FactSearch<F extends string> {
  readonly #db: SqliteDatabase;
  readonly #spec: FactSpec<F>;

  constructor(db: SqliteDatabase, spec: FactSpec<F>) {
    this.#db = db;
    this.#spec = spec;
  }

  /**
   * The matches as parts, each with an index of its own: what is above a bound, and what has no
   * value and passes for it.
   */
  partsOf(conditions: readonly Condition<F>[]): readonly Searched<F>[] {
    const open = conditions.find(
      (each) => each.kind === "range" && each.orAbsent && each.from !== undefined,
    );
    if (open?.kind !== "range") return [this.#searched(conditions)];
    const others = conditions.filter((each) => each !== open);
    const { orAbsent: _, ...present } = open;
    return [
      this.#searched([...others, present]),
      this.#searched([...others, { kind: "in", field: open.field, values: [null] }]),
    ];
  }

  #searched(conditions: readonly Condition<F>[]): Searched<F> {
    return { conditions, ...this.#narrowestFor(conditions) };
  }

  /** Rows that the counters have for the conditions on their fields; the others don't matter here. */
  countGroups(conditions: readonly Condition<F>[]): number {
    const { table, fields } = this.#spec.counts;
    const own = conditions.filter(({ field }) => fields.includes(field));
    const where = toClauses(this.#spec, own);
    const sql = `SELECT COALESCE(SUM(count), 0) AS count FROM ${table} WHERE ${where.sql}`;
    return integer(this.#db.prepareRecent(sql).get(...where.values) ?? {}, "count");
  }

  /** Up to `most`. */
  countUpTo(where: Clause, index: FactIndex<F>, most: number): number {
    const inner = `SELECT 1 FROM ${this.from(index)} WHERE ${where.sql} LIMIT ?`;
    const sql = `SELECT COUNT(*) AS count FROM (${inner})`;
    return integer(this.#db.prepareRecent(sql).get(...where.values, most) ?? {}, "count");
  }

  /** An index that the conditions narrow down and that has all of their fields; else the narrow one. */
  coveringFor(conditions: readonly Condition<F>[]): FactIndex<F> {
    const { indexes } = this.#spec;
    const found = indexes.find(
      (index) =>
        this.#boundsOf(conditions, index).length > 0 && this.#isCovering(index, conditions),
    );
    return found ?? this.#wholeFor(conditions);
  }

  #isCovering({ fields, also = [] }: FactIndex<F>, conditions: readonly Condition<F>[]): boolean {
    const has = [...fields, ...also].map((field) => columnOf(this.#spec.columns[field]));
    return conditions.every(({ field }) => has.includes(columnOf(this.#spec.columns[field])));
  }

  /** What has all rows that can be meant: the narrow index, or that of a text which it hasn't. */
  #wholeFor(conditions: readonly Condition<F>[]): FactIndex<F> {
    const { scan, indexes } = this.#spec;
    if (this.#isCovering(scan, conditions)) return scan;
    const [index] = indexes.filter((each) => {
      const [bound] = this.#boundsOf(conditions, each);
      return bound && !this.#isCovering(scan, [bound]);
    });
    return index ?? scan;
  }

  /** The index with the fewest entries that can be meant; one over all rows if all have many. */
  #narrowestFor(conditions: readonly Condition<F>[]): Omit<Searched<F>, "conditions"> {
    const { indexes, counts } = this.#spec;
    let best = { index: this.#wholeFor(conditions), entries: MANY };
    for (const index of indexes) {
      const bounds = this.#boundsOf(conditions, index);
      const [first] = bounds;
      if (!first) continue;
      const entries = bounds.every(({ field }) => counts.fields.includes(field))
        ? this.countGroups(bounds)
        : this.countUpTo(this.#boundOf(first, index), index, best.entries);
      if (entries < best.entries) best = { index, entries };
    }
    return best;
  }

  /** The conditions by which the index is searched: one value of each field, but for the last. */
  #boundsOf(conditions: readonly Condition<F>[], index: FactIndex<F>): readonly Condition<F>[] {
    const found: Condition<F>[] = [];
    const { columns } = this.#spec;
    for (const field of index.fields) {
      const bound = conditions.find(
        (each) =>
          columnOf(columns[each.field]) === columnOf(columns[field]) &&
          isSearched(each, columns[field], index.omits),
      );
      if (!bound) break;
      found.push(bound);
      if (bound.kind !== "in" || bound.values.length > 1 || columns[bound.field].via) break;
    }
    return found;
  }

  /** What an index can be searched by for the condition. */
  #boundOf(condition: Condition<F>, index: FactIndex<F>): Clause {
    const isTested = condition.kind === "like" && !this.#spec.columns[condition.field].via;
    return this.where(isTested ? [] : [condition], index);
  }

  /** True for all rows of the index, and makes SQLite search it. */
  #whole({ fields: [first], omits }: FactIndex<F>): Clause {
    if (first === undefined) return EVERYTHING;
    const { isNumber, via } = this.#spec.columns[first];
    const name = columnOf(this.#spec.columns[first]);
    const sql = isNumber || via ? `${name} >= -1e300` : `${name} >= ''`;
    // In the words of the index, by which SQLite knows that it has all rows that are meant.
    return { sql: omits === undefined ? sql : `${sql} AND ${name} <> '${omits}'`, values: [] };
  }

  where(conditions: readonly Condition<F>[], index: FactIndex<F>): Clause {
    return allOf([this.#whole(index), toClauses(this.#spec, conditions)]);
  }

  from({ name }: FactIndex<F>): string {
    return `${this.#spec.table} INDEXED BY ${name}`;
  }
}

/** Whether an index can be searched for what meets the condition. */
function isSearched(
  condition: Condition,
  { isNumber }: FactColumn,
  omits: string | undefined,
): boolean {
  if (omits !== undefined && testOf(condition)(omits)) return false;
  if (condition.kind === "in") {
    return !condition.isExcluded && (isNumber || !condition.values.includes(null));
  }
  return condition.kind !== "range" || !condition.orAbsent;
}
