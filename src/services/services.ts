// All services over one platform, put together: what an adapter's entry points call.
import { setPatternEngine } from "../model/values/params.ts";
import type { Platform } from "../ports/platform.ts";
import { type Backfills, createBackfills } from "./backfills/backfills.ts";
import { boundedPattern } from "./bounded-patterns.ts";
import { createVersions, type Versions } from "./dag-processing/versions.ts";
import { createGivingMetadata } from "./limits/giving-metadata.ts";
import { createLimits, type Limits } from "./limits/limits.ts";
import { createRetryingMetadata } from "./retrying-metadata.ts";
import { createOrphans, type Orphans } from "./runs/orphans.ts";
import { createRecorder, type Recorder } from "./runs/recorder.ts";
import { createRunControl, type RunControl } from "./runs/run-control.ts";
import { createScheduler, type Scheduler } from "./runs/scheduler.ts";
import type { ServiceContext } from "./service-context.ts";
import { type Callbacks, createCallbacks } from "./tasks/callbacks.ts";
import { createTriggerer, type Triggerer } from "./tasks/triggerer.ts";
import { createInputs, type Inputs } from "./tasks/waits/inputs.ts";
import { createWorker, type Worker } from "./tasks/worker.ts";
import { awaitDeletion } from "./upkeep/dag-deletions.ts";
import { createUpkeep, type Upkeep } from "./upkeep/upkeep.ts";

export interface Services {
  readonly versions: Versions;
  readonly callbacks: Callbacks;
  readonly scheduler: Scheduler;
  readonly worker: Worker;
  readonly recorder: Recorder;
  readonly orphans: Orphans;
  readonly upkeep: Upkeep;
  readonly triggerer: Triggerer;
  readonly runControl: RunControl;
  readonly limits: Limits;
  readonly backfills: Backfills;
  /** What people answer. */
  readonly inputs: Inputs;
  /** Sees to it that nothing is left of a DAG of this id that is being deleted. */
  completeDeletion(dagId: string): Promise<void>;
}

/** `patienceMs` says how long a change of a state is repeated while it fails: see retry.ts. */
export function createServices(
  given: Platform,
  options: { readonly patienceMs?: number } = {},
): Services {
  setPatternEngine(boundedPattern);
  const retrying = createRetryingMetadata(given.metadata, given.clock, options);
  const versions = createVersions(retrying.versions);
  const limits = createLimits({ ...given, metadata: retrying, versions });
  const platform = { ...given, metadata: createGivingMetadata(retrying, limits) };
  const context: ServiceContext = {
    ...platform,
    versions,
    limits,
    callbacks: createCallbacks(platform),
  };
  const scheduler = createScheduler(context);
  const recorder = createRecorder({ ...context, scheduler });
  const worker = createWorker(context);
  const orphans = createOrphans({ ...context, recorder, scheduler });
  return {
    versions: context.versions,
    callbacks: context.callbacks,
    scheduler,
    worker,
    recorder,
    orphans,
    upkeep: createUpkeep({ ...context, orphans, scheduler }),
    triggerer: createTriggerer(context, { worker: worker.execute, recorder: recorder.handle }),
    runControl: createRunControl({ ...context, scheduler }),
    limits,
    backfills: createBackfills({ ...context, scheduler }),
    inputs: createInputs(context),
    completeDeletion: (dagId) => awaitDeletion(context, dagId),
  };
}
