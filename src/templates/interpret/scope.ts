// Names of a template while it is rendered: loops, macros and blocks have scopes of their own, and
// what `set` assigns in one is not seen outside of it.
import type { Value } from "../python/values.ts";

/** Where the outermost names come from: Airflow's context. */
export interface Names {
  /** `undefined` when the name stands for nothing. */
  get(name: string): Value | undefined;
}

export class Scope {
  readonly #outer: Names;
  readonly #values = new Map<string, Value>();

  constructor(outer: Names) {
    this.#outer = outer;
  }

  get(name: string): Value | undefined {
    const value = this.#values.get(name);
    return value === undefined ? this.#outer.get(name) : value;
  }
  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}
