// Pages of a table of facts. No listing reads records, and what a listing looks through is either few
// rows or one narrow index.
import {
  compareInOrder,
  type FieldValue,
  type OrderBy,
} from "../../../model/listings/conditions.ts";
import { type Listing, ListingRefused, type Total, UnknownPlace } from "../../../ports/pages.ts";
import type { SqliteDatabase } from "../database.ts";
import { integer, type Row } from "../rows.ts";
import { FactSearch, MANY, type Searched } from "./fact-search.ts";
import type { FactIndex, FactSpec } from "./fact-spec.ts";
import {
  allOf,
  type Clause,
  columnOf,
  EVERYTHING,
  fullOrder,
  type Place,
  toBehind,
  toClauses,
  toOrder,
  toSelected,
  walkFor,
} from "./fact-sql.ts";

/** So few matches are all read, and sorted here. */
const FEW = 2_000;
/** Rows that a walk in the order of a listing passes before the narrow index is sorted instead. */
const LONGEST_WALK = 20_000;
/** Larger tables are counted up to `MOST_COUNTED` where their counters don't have the answer. */
const MOST_SCANNED = 400_000;
const MOST_COUNTED = 10_000;

/** A row of a page. */
export interface FactRow {
  /** As `selectKey` has it. */
  readonly key: Row;
  readonly place: Place;
}

export interface FactPage {
  readonly rows: readonly FactRow[];
  /** Undefined where it wasn't asked for. */
  readonly total: Total | undefined;
}

/** Which rows behind a place, or in front of it. */
export interface FactWindow {
  readonly limit: number;
  readonly offset: number;
  readonly beside?: { readonly place: Place; readonly isBackward: boolean };
}

export class FactQuery<F extends string> {
  readonly #db: SqliteDatabase;
  readonly #spec: FactSpec<F>;
  readonly #search: FactSearch<F>;

  constructor(db: SqliteDatabase, spec: FactSpec<F>) {
    this.#db = db;
    this.#spec = spec;
    this.#search = new FactSearch(db, spec);
  }

  /** The rows of the window, and how many rows there are. */
  page(
    {
      conditions,
      order: asked,
      isCounted = false,
    }: Pick<Listing<F>, "conditions" | "order" | "isCounted">,
    window: FactWindow,
  ): FactPage {
    const order = fullOrder(this.#spec, asked);
    const { at } = window.beside?.place ?? {};
    if (at && at.length !== order.length) throw new UnknownPlace("The cursor is of another order");
    const counted = this.#search.countGroups(conditions);
    if (counted === 0) return { rows: [], total: { count: 0, isCapped: false } };
    const isGrouped = conditions.every(({ field }) => this.#spec.counts.fields.includes(field));
    const walk = walkFor(this.#spec, conditions, order);
    if (isGrouped && walk?.others.length === 0) {
      const total = { count: counted, isCapped: false };
      const chosen = { conditions, order, index: walk.index, entries: counted };
      return { rows: this.#withKeys(this.#readMany(chosen, { window, total })), total };
    }
    const parts = this.#search.partsOf(conditions);
    const few = isGrouped && counted > FEW ? undefined : this.#readFew(parts, order);
    if (few) {
      const rows = this.#withKeys(cutFew(few, order, window));
      return { rows, total: { count: few.length, isCapped: false } };
    }
    const total = isGrouped
      ? { count: counted, isCapped: false }
      : isCounted
        ? this.#countMatches(parts)
        : undefined;
    const [first] = parts;
    const one = first && parts.length === 1 ? first : { index: this.#spec.scan, entries: MANY };
    const places = this.#readMany({ ...one, conditions, order }, { window, total });
    return { rows: this.#withKeys(places), total };
  }

  #countMatches(parts: readonly Searched<F>[]): Total {
    const isLarge = this.#search.countGroups([]) > MOST_SCANNED;
    let count = 0;
    for (const { conditions, index, entries } of parts) {
      const used = entries < MANY ? index : this.#search.coveringFor(conditions);
      const where = this.#search.where(conditions, used);
      const most = isLarge && entries >= MANY ? MOST_COUNTED : Number.MAX_SAFE_INTEGER;
      const found = this.#search.countUpTo(where, used, most);
      if (found === most) return { count: MOST_COUNTED, isCapped: true };
      count += found;
    }
    return { count, isCapped: false };
  }

  /** All matches in their order; undefined if they are not few. */
  #readFew(
    parts: readonly Searched<F>[],
    order: readonly OrderBy<F>[],
  ): readonly Place[] | undefined {
    const found: Row[] = [];
    for (const { conditions, index } of parts) {
      const where = this.#search.where(conditions, index);
      const sql = `SELECT ${this.#placeColumns(order)} FROM ${this.#search.from(index)}
        WHERE ${where.sql} ${toNewest(index, this.#spec)} LIMIT ?`;
      found.push(...this.#db.prepareRecent(sql).all(...where.values, FEW + 1));
      if (found.length > FEW) return undefined;
    }
    return found.map((row) => this.#placeOf(row, order)).sort(comparePlaces(order));
  }

  #readMany(
    chosen: Chosen<F>,
    { window, total }: { readonly window: FactWindow; readonly total: Total | undefined },
  ): readonly Place[] {
    const { order } = chosen;
    const { limit, offset, beside } = window;
    if (total && !total.isCapped && offset >= total.count && !beside) return [];
    // What is nearer to the end is read from there.
    const fromEnd = total && !total.isCapped && !beside && offset > total.count / 2;
    const isReversed = beside?.isBackward ?? fromEnd === true;
    const behind = beside
      ? toBehind(this.#spec, order, { place: beside.place, isReversed })
      : EVERYTHING;
    const last = total ? Math.min(offset + limit, total.count) : offset + limit;
    const part = fromEnd ? { limit: last - offset, offset: total.count - last } : { limit, offset };
    const wanted = { behind, isReversed, part };
    const rows = this.#walk(chosen, wanted) ?? this.#sort(this.#sortable(chosen, total), wanted);
    const places = rows.map((row) => this.#placeOf(row, order));
    return isReversed ? places.toReversed() : places;
  }

  /** In the order of an index; undefined when there is none, or the matches are far apart. */
  #walk(
    { conditions, order, entries }: Chosen<F>,
    { behind, isReversed, part }: Part,
  ): readonly Row[] | undefined {
    const walk = walkFor(this.#spec, conditions, order);
    if (!walk) return undefined;
    const sorting = toOrder(this.#spec, order, isReversed);
    const narrowed = allOf([toClauses(this.#spec, walk.narrowed), behind]);
    const others = toClauses(this.#spec, walk.others);
    const page = [part.limit, part.offset];
    const isFar = part.offset + part.limit > LONGEST_WALK / 4 && entries >= MANY;
    // To sort the matches takes as long as to pass so many rows.
    const longest = Math.min(LONGEST_WALK, Math.max(entries, FEW));
    if (walk.isCovering || isFar) {
      const sql = `SELECT ${this.#placeColumns(order)} FROM ${this.#search.from(walk.index)}
        WHERE ${narrowed.sql} AND ${others.sql} ORDER BY ${sorting} LIMIT ? OFFSET ?`;
      return this.#db.prepareRecent(sql).all(...narrowed.values, ...others.values, ...page);
    }
    const tested = walk.others.map(({ field }) => field);
    const inner = `SELECT ${this.#placeColumns(order, tested)} FROM ${this.#search.from(walk.index)}
      WHERE ${narrowed.sql} ORDER BY ${sorting} LIMIT ?`;
    const sql = `SELECT * FROM (${inner}) WHERE ${others.sql} LIMIT ? OFFSET ?`;
    const values = [...narrowed.values, longest, ...others.values, ...page];
    const found = this.#db.prepareRecent(sql).all(...values);
    return found.length === part.limit ? found : undefined;
  }

  /** Refuses what would take too long to sort. */
  #sortable(chosen: Chosen<F>, total: Total | undefined): Chosen<F> {
    const { conditions, order } = chosen;
    if (!total || walkFor(this.#spec, conditions, order)) return chosen;
    const isApart = order.some(({ field }) => this.#spec.columns[field].via);
    const most = isApart ? MANY : MOST_SCANNED;
    if (!total.isCapped && total.count <= most) return chosen;
    throw new ListingRefused(
      `No index has this order, and more than ${most} entries would have to be sorted; ` +
        "narrow them down, for instance by `run_after_gte`, or choose another order",
    );
  }

  /** The matches of the index, sorted as far as the page goes. */
  #sort(
    { conditions, order, index }: Chosen<F>,
    { behind, isReversed, part }: Part,
  ): readonly Row[] {
    const where = allOf([this.#search.where(conditions, index), behind]);
    const sql = `SELECT ${this.#placeColumns(order)} FROM ${this.#search.from(index)} WHERE ${where.sql}
      ORDER BY ${toOrder(this.#spec, order, isReversed)} LIMIT ? OFFSET ?`;
    return this.#db.prepareRecent(sql).all(...where.values, part.limit, part.offset);
  }

  /** The number and what the rows are ordered by, besides other fields. */
  #placeColumns(order: readonly OrderBy<F>[], others: readonly F[] = []): string {
    const { columns } = this.#spec;
    const names = [
      ...order.map(({ field }) => toSelected(columns[field])),
      ...others.map((name) => columnOf(columns[name])),
    ];
    return ["no", ...new Set(names)].join(", ");
  }

  #placeOf(row: Row, order: readonly OrderBy<F>[]): Place {
    const at = order.map(({ field }) => fieldOf(row, this.#spec.columns[field].name));
    return { at, no: integer(row, "no") };
  }

  #withKeys(places: readonly Place[]): readonly FactRow[] {
    const select = this.#db.prepare(this.#spec.selectKey);
    return places.flatMap((place) => {
      const row = select.get(place.no);
      return row ? [{ key: row, place }] : [];
    });
  }
}

/** The newest rows of an index over all rows first; else any. */
function toNewest<F extends string>({ name }: FactIndex<F>, { scan, columns }: FactSpec<F>) {
  const [first] = scan.fields;
  return name === scan.name && first ? `ORDER BY ${columns[first].name} DESC` : "";
}

function fieldOf(row: Row, name: string): FieldValue {
  const value = row[name];
  return typeof value === "string" || typeof value === "number" ? value : null;
}

/** What a listing comes to. */
interface Chosen<F extends string> extends Searched<F> {
  readonly order: readonly OrderBy<F>[];
}

interface Part {
  readonly behind: Clause;
  readonly isReversed: boolean;
  readonly part: { readonly limit: number; readonly offset: number };
}

/** The window of matches that are at hand in their order. */
function cutFew(
  places: readonly Place[],
  order: readonly OrderBy[],
  { limit, offset, beside }: FactWindow,
): readonly Place[] {
  if (!beside) return places.slice(offset, offset + limit);
  const compare = comparePlaces(order);
  const sideOf = (place: Place) => compare(place, beside.place);
  if (!beside.isBackward) return places.filter((place) => sideOf(place) > 0).slice(0, limit);
  return places.filter((place) => sideOf(place) < 0).slice(-limit);
}

function comparePlaces(order: readonly OrderBy[]): (a: Place, b: Place) => number {
  const by = [...order, { isDescending: order[0]?.isDescending ?? false }];
  return (a, b) => compareInOrder([...a.at, a.no], [...b.at, b.no], by);
}
