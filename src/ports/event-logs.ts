// The event log: entries are added, completed by who added them, and removed by age.
import type { EventLogField } from "../model/listings/event-log-fields.ts";
import type { EventLogRecord } from "../model/upkeep/event-log.ts";
import type { DateRange, Listed, Listing, Page, PageRequest } from "./pages.ts";

/** Which entries are meant; each part narrows them down by an index. */
export interface EventLogRange {
  /** Absent: of every DAG, and of none. */
  readonly dagId?: string;
  readonly whens?: DateRange;
}

export interface EventLogStore {
  /** False, and nothing is written, if another entry has the id. */
  add(entry: EventLogRecord): Promise<boolean>;
  /** Writes the entry in place of the one with its id, of the same DAG. Repeating is safe. */
  amend(entry: EventLogRecord): Promise<void>;
  get(id: number): Promise<EventLogRecord | undefined>;
  /** Newest first unless told otherwise. */
  list(
    listing: EventLogRange & PageRequest & { readonly oldestFirst?: boolean },
  ): Promise<Page<EventLogRecord>>;
  /**
   * The entries that the listing describes: any conditions, in any order, by offset. Throws
   * ListingRefused where the store would have to read too much.
   */
  find(listing: Omit<Listing<EventLogField>, "cursor">): Promise<Listed<EventLogRecord>>;
  count(range: EventLogRange): Promise<number>;
  /** Repeating is safe. */
  delete(entries: readonly Pick<EventLogRecord, "id" | "dagId">[]): Promise<void>;
}
