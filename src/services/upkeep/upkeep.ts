// The upkeep: what has to be gone on with though nothing happens. The scheduler does it every few
// minutes: orphans, state machines that wait to be made, DAGs that are being deleted, changes of
// ended runs that were cut off, history that is old.
import type { CompileOptions } from "../../compiler/compile.ts";
import type { Retention } from "../../model/scheduling/history-retention.ts";
import type { Platform } from "../../ports/platform.ts";
import { sweepAssetStates } from "../assets/asset-states.ts";
import { sweepAssets } from "../assets/sweep-assets.ts";
import { sweepBackfills } from "../backfills/sweep-backfills.ts";
import { completeEndedRunChanges } from "../control/pending-changes.ts";
import { sweepDeadlines } from "../deadlines/miss-deadlines.ts";
import type { Orphans } from "../runs/orphans.ts";
import type { Scheduler } from "../runs/scheduler.ts";
import type { ServiceContext } from "../service-context.ts";
import { cleanByAge } from "./clean-history.ts";
import { completeDeletions } from "./dag-deletions.ts";
import { createHeartbeat } from "./heartbeats.ts";
import { makePendingMachines } from "./pending-machines.ts";
import { sweepBundles } from "./sweep-bundles.ts";
import { createInputSweep } from "./sweep-input-requests.ts";

export interface UpkeepOptions extends CompileOptions {
  /** Epoch ms after which nothing that can wait is begun. */
  readonly until: number;
  /** After how many days history is removed; absent: never. */
  readonly retention?: Retention;
}

export interface Upkeep {
  /** Repeating is safe, and what the time does not suffice for is left to the next call. */
  run(options: UpkeepOptions): Promise<void>;
}

export interface UpkeepContext extends Platform, Pick<ServiceContext, "versions" | "callbacks"> {
  readonly orphans: Pick<Orphans, "adopt">;
  readonly scheduler: Pick<Scheduler, "schedule">;
}

export function createUpkeep(context: UpkeepContext): Upkeep {
  const beat = createHeartbeat(context, "scheduler");
  const sweepInputs = createInputSweep(context);
  return {
    async run(options) {
      await context.orphans.adopt();
      await beat();
      await sweepBackfills(context);
      await sweepDeadlines(context);
      await sweepAssets(context);
      await sweepAssetStates(context);
      const { until, retention } = options;
      await Promise.all([
        completeDeletions(context),
        completeEndedRunChanges(context),
        makePendingMachines(context, options),
        sweepBundles(context),
        sweepInputs(),
        ...(retention ? [cleanByAge(context, { retention, until })] : []),
      ]);
    },
  };
}
