// What the metadata keeps of what the upkeep does bit by bit. Times are UTC ISO 8601 text.

/** A version whose state machine is still to be made. */
export interface PendingMachineRecord {
  /** Made of the other two. */
  readonly key: string;
  readonly dagId: string;
  readonly hash: string;
  readonly requestedAt: string;
}

/** When a component was last seen to do its work. */
export interface HeartbeatRecord {
  readonly component: "scheduler" | "dag_processor" | "triggerer";
  readonly at: string;
}

/** A DAG that is being deleted: it is shown no more, and what it has left is removed bit by bit. */
export interface DeletionRecord {
  readonly dagId: string;
  readonly requestedAt: string;
  /** Hashes of the versions that may have a state machine. */
  readonly machines: readonly string[];
  /** Until when somebody may be at it. */
  readonly leasedUntil?: string;
}

/** A bundle whose version was removed: it goes unless another version turns out to need it. */
export interface CondemnedBundleRecord {
  readonly hash: string;
  readonly at: string;
}

/** How far the daily removal of old history has got. */
export interface CleaningRecord {
  readonly kind: "retention";
  /** When it began; the ages of that day count to its end. */
  readonly startedAt: string;
  /** The last DAG that is done; absent before the first. */
  readonly after?: string;
  readonly isDone: boolean;
  /** The setting that it follows. */
  readonly retention: string;
  /** When the pass before began, by the same setting: what was old then is gone. */
  readonly previousStartedAt?: string;
}
