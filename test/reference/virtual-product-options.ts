// What can be different about the product in virtual time.
import type { Trigger } from "../../src/model/scheduling/sensors.ts";
import type { Metadata } from "../../src/ports/metadata.ts";
import type { TaskLogs } from "../../src/ports/task-logs.ts";
import type { XComs } from "../../src/ports/xcoms.ts";
import type { WorkerEvent } from "../../src/services/tasks/worker-events.ts";
import type { CloudLimits } from "./cloud/virtual-cloud.ts";

export interface VirtualProductOptions {
  /** SQLite in memory when absent. */
  readonly store?: Metadata & { close?(): Promise<void> };
  /** Nothing is logged when absent. */
  readonly logs?: TaskLogs;
  /** For XComs beyond what a row of the metadata takes. */
  readonly xcoms?: XComs;
  /** Tries at the same time; any number when absent. */
  readonly threads?: number;
  /** What it usually means when a worker dies without a report; unknown when absent. */
  readonly silentDeath?: string;
  /** AWS's limits around the engine and its functions; to be given together with `apart`. */
  readonly cloud?: CloudLimits;
  /** Whether each try is begun by one call of the worker and ended by another; false when absent. */
  readonly isSplit?: boolean;
  /**
   * Workers as functions of a cloud: the triggerer doesn't wait for them, and nobody tells of their
   * death.
   */
  readonly apart?: {
    /** The longest that one lives, in seconds. */
    readonly limit: number;
    /** Messages to the triggerer that come instead of one; 1 when absent. */
    copies?(trigger: Trigger): number;
    /** Whether a call of the triggerer gets lost; false when absent. */
    isLost?(event: WorkerEvent): boolean;
  };
}
