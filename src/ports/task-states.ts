// The part of the metadata that keeps the values that task instances keep across their tries.
import type { TaskInstanceKey } from "../model/records.ts";

/** When a value was written, and until when it counts: UTC ISO text. */
export interface TaskStateTimes {
  /** Absent on values that earlier releases wrote. */
  readonly updatedAt?: string;
  /** Absent: for ever. */
  readonly expiresAt?: string;
}

/** A value that a task instance keeps. */
export interface TaskStateEntry extends TaskStateTimes {
  readonly mapIndex: number;
  readonly name: string;
  /** JSON text. */
  readonly value: string;
}

/** Values that task instances keep across their tries, as JSON text. */
export interface TaskStateStore {
  get(key: TaskInstanceKey, name: string): Promise<string | undefined>;
  /** The same with its times. What is read may be over by them. */
  find(key: TaskInstanceKey, name: string): Promise<TaskStateEntry | undefined>;
  /** Those of one instance or, without a map index, of all of a task's; by map index and name. */
  list(
    query: Omit<TaskInstanceKey, "mapIndex"> & { readonly mapIndex?: number },
  ): Promise<readonly TaskStateEntry[]>;
  /** Without a value, removes it. */
  put(
    key: TaskInstanceKey,
    name: string,
    value: string | undefined,
    times?: TaskStateTimes,
  ): Promise<void>;
  /** Writes `to` if the stored value is `from` (undefined: none); false if it isn't. */
  replace(
    key: TaskInstanceKey,
    name: string,
    change: { readonly from: string | undefined; readonly to: string },
  ): Promise<boolean>;
}
