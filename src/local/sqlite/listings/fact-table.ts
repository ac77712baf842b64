// Writes a table of facts: the row of an item is kept with its record, and counted with those like it.
import type { SQLInputValue, StatementSync } from "node:sqlite";
import type { Fields } from "../../../model/listings/conditions.ts";
import type { SqliteDatabase } from "../database.ts";
import { integer, type Row } from "../rows.ts";
import { type FactSpec, toStored } from "./fact-spec.ts";

/** How the rows of items are written. */
export interface FactWriting<T, F extends string> {
  readonly spec: FactSpec<F>;
  readonly fields: Fields<T, F>;
  /** The fields that tell an item from all others. */
  readonly key: readonly F[];
}

export class FactTable<T, F extends string> {
  readonly #writing: FactWriting<T, F>;
  readonly #spec: FactSpec<F>;
  readonly #names: readonly F[];
  readonly #selectOwn: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #remove: StatementSync;
  readonly #count: StatementSync;

  constructor(db: SqliteDatabase, writing: FactWriting<T, F>) {
    const { spec, key } = writing;
    const { table, counts } = spec;
    this.#writing = writing;
    this.#spec = spec;
    this.#names = Object.keys(spec.columns) as F[];
    const columns = this.#names.map((name) => spec.columns[name].name);
    const own = key.map((name) => `${spec.columns[name].name} = ?`).join(" AND ");
    const counted = counts.fields.map((name) => spec.columns[name].name);
    this.#selectOwn = db.prepare(`SELECT no, ${columns.join(", ")} FROM ${table} WHERE ${own}`);
    this.#insert = db.prepare(
      `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
    );
    this.#update = db.prepare(
      `UPDATE ${table} SET ${columns.map((name) => `${name} = ?`).join(", ")} WHERE no = ?`,
    );
    this.#remove = db.prepare(`DELETE FROM ${table} WHERE no = ?`);
    this.#count = db.prepare(
      `INSERT INTO ${counts.table} (${counted.join(", ")}, count)
       VALUES (${counted.map(() => "?").join(", ")}, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    );
  }

  /** Writes the facts of the item in place of what there was; to be called while a write is made. */
  put(item: T): void {
    const { key, fields } = this.#writing;
    const before = this.#selectOwn.get(...key.map((name) => fields[name](item) ?? ""));
    const values = this.#names.map((name) =>
      toStored(fields[name](item), this.#spec.columns[name]),
    );
    if (before) {
      const isSame = this.#names.every(
        (name, index) => this.#valueOf(before, name) === values[index],
      );
      if (isSame) return;
      this.#update.run(...values, integer(before, "no"));
    } else {
      this.#insert.run(...values);
    }
    this.#recount(before, values);
  }

  /** To be called while a write is made. */
  remove(key: readonly (string | number)[]): void {
    const before = this.#selectOwn.get(...key);
    if (!before) return;
    this.#remove.run(integer(before, "no"));
    this.#recount(before, undefined);
  }

  #recount(before: Row | undefined, after: readonly SQLInputValue[] | undefined): void {
    const { fields } = this.#spec.counts;
    const old = before && fields.map((name) => this.#valueOf(before, name));
    const now = after && fields.map((name) => after[this.#names.indexOf(name)] ?? null);
    if (JSON.stringify(old) === JSON.stringify(now)) return;
    if (old) this.#count.run(...old, -1);
    if (now) this.#count.run(...now, 1);
  }

  #valueOf(row: Row, name: F): SQLInputValue {
    return row[this.#spec.columns[name].name] ?? null;
  }
}
