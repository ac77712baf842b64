// What is stopped together: an execution, or the branches of one Parallel or Map within it.

/** Something under way: a call or a sleep. */
export interface Stoppable {
  /** Called once, after the scope has let go of it. */
  stop(reason: DOMException): void;
}

/**
 * Holds what is under way. Whatever ends asks `release` first and, if refused, keeps silent: a
 * stopped flow is left where it stands, its promise never settles and is collected as garbage.
 * Holding and releasing take constant time.
 */
export class Scope {
  readonly #held = new Set<Stoppable | Scope>();
  #stopped = false;

  /** A scope within this one, stopped with it; released when its branches have ended. */
  fork(): Scope {
    const inner = new Scope();
    inner.#stopped = !this.hold(inner);
    return inner;
  }

  /** False once stopped: then it must not start. */
  hold(held: Stoppable | Scope): boolean {
    if (!this.#stopped) this.#held.add(held);
    return !this.#stopped;
  }

  /** True for the first end only, false for any later one and once stopped. */
  release(held: Stoppable | Scope): boolean {
    return this.#held.delete(held);
  }

  /** Lets go of everything at once, inner scopes too, and only then tells it. Repeating is safe. */
  stop(cause: string): void {
    const scopes: Scope[] = [this];
    const stopped: Stoppable[] = [];
    for (const scope of scopes) {
      for (const held of scope.#held) {
        if (held instanceof Scope) scopes.push(held);
        else stopped.push(held);
      }
      scope.#stopped = true;
      scope.#held.clear();
    }
    if (stopped.length === 0) return;
    const reason = new DOMException(cause, "AbortError");
    for (const held of stopped) held.stop(reason);
  }
}
