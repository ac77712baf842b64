// The upkeep: what has to be gone on with though nothing happens. The scheduler does it every few
// minutes: orphans, state machines that wait to be made, DAGs that are being deleted.
import type { CompileOptions } from "../../compiler/compile.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Orphans } from "../runs/orphans.ts";
import { completeDeletions } from "./dag-deletions.ts";
import { createHeartbeat } from "./heartbeats.ts";
import { makePendingMachines } from "./pending-machines.ts";

export interface UpkeepOptions extends CompileOptions {
  /** Epoch ms after which nothing that can wait is begun. */
  readonly until: number;
}

export interface Upkeep {
  /** Repeating is safe, and what the time does not suffice for is left to the next call. */
  run(options: UpkeepOptions): Promise<void>;
}

export interface UpkeepContext extends Platform {
  readonly orphans: Pick<Orphans, "adopt">;
}

export function createUpkeep(context: UpkeepContext): Upkeep {
  const beat = createHeartbeat(context, "scheduler");
  return {
    async run(options) {
      await context.orphans.adopt();
      await beat();
      await Promise.all([completeDeletions(context), makePendingMachines(context, options)]);
    },
  };
}
