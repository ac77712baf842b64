// Entries that lead to runs, in their order, merged from the lists that have them. Each request
// counts against a budget, so that no page costs more than it may.
import { compareKeys, type ItemKey } from "../keys.ts";

/** What leads to a run. */
export interface Entry {
  readonly run: ItemKey;
  readonly dagId: string;
  readonly runId: string;
  /** The date that it is listed by, UTC ISO text. */
  readonly date: string;
  /** Its sort key, which is its place among all. */
  readonly place: string;
}

/** Entries in the order of their places. */
export interface EntrySource {
  /** The next ones behind the place, at most so many; one request. */
  read(part: {
    readonly behind: string | undefined;
    readonly isDescending: boolean;
    readonly limit: number;
  }): Promise<{ readonly entries: readonly Entry[]; readonly isEnd: boolean }>;
}

/** Requests that a page has left. */
export class Budget {
  #left: number;

  constructor(requests: number) {
    this.#left = requests;
  }

  /** False, and nothing is taken, if there are fewer. */
  take(requests: number): boolean {
    if (this.#left < requests) return false;
    this.#left -= requests;
    return true;
  }

  get left(): number {
    return this.#left;
  }
}

interface List {
  readonly source: EntrySource;
  behind: string | undefined;
  buffer: readonly Entry[];
  /** Where the buffer goes on. */
  at: number;
  isEnd: boolean;
}

const hasEntry = ({ buffer, at }: List) => at < buffer.length;

export class EntryStream {
  readonly #lists: readonly List[];
  readonly #budget: Budget;
  readonly #isDescending: boolean;
  #last: string | undefined;

  constructor(
    sources: readonly EntrySource[],
    {
      budget,
      isDescending,
      behind,
    }: {
      readonly budget: Budget;
      readonly isDescending: boolean;
      readonly behind: string | undefined;
    },
  ) {
    this.#lists = sources.map((source) => ({ source, behind, buffer: [], at: 0, isEnd: false }));
    this.#budget = budget;
    this.#isDescending = isDescending;
    this.#last = behind;
  }

  /** Whether there are no more. */
  get isEnd(): boolean {
    return this.#lists.every((list) => list.isEnd && !hasEntry(list));
  }

  /**
   * Up to so many of the next entries; fewer where a list is read to its present end. Undefined when
   * the budget doesn't suffice.
   */
  async next(count: number): Promise<readonly Entry[] | undefined> {
    const empty = this.#lists.filter((list) => !list.isEnd && !hasEntry(list));
    if (!this.#budget.take(empty.length)) return undefined;
    await Promise.all(empty.map((list) => this.#fill(list, count)));
    const found: Entry[] = [];
    while (found.length < count && this.#lists.every((list) => list.isEnd || hasEntry(list))) {
      const entry = this.#first();
      if (!entry) break;
      // A run whose state changes meanwhile may be in two lists.
      if (entry.place !== this.#last) found.push(entry);
      this.#last = entry.place;
    }
    return found;
  }

  async #fill(list: List, limit: number): Promise<void> {
    const { behind } = list;
    const page = await list.source.read({ behind, isDescending: this.#isDescending, limit });
    list.buffer = page.entries;
    list.at = 0;
    list.behind = page.entries.at(-1)?.place ?? behind;
    list.isEnd = page.isEnd;
  }

  /** Takes the first of all lists. */
  #first(): Entry | undefined {
    const sign = this.#isDescending ? -1 : 1;
    let best: List | undefined;
    for (const list of this.#lists) {
      const entry = list.buffer[list.at];
      const other = best?.buffer[best.at];
      if (entry && (!other || sign * compareKeys(entry.place, other.place) < 0)) best = list;
    }
    if (!best) return undefined;
    best.at += 1;
    return best.buffer[best.at - 1];
  }
}
