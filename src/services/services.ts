// All services over one platform, put together: what an adapter's entry points call.
import type { Platform } from "../ports/platform.ts";
import { createVersions, type Versions } from "./dag-processing/versions.ts";
import { createRetryingMetadata } from "./retrying-metadata.ts";
import { createOrphans, type Orphans } from "./runs/orphans.ts";
import { createRecorder, type Recorder } from "./runs/recorder.ts";
import { createRunControl, type RunControl } from "./runs/run-control.ts";
import { createScheduler, type Scheduler } from "./runs/scheduler.ts";
import { type Callbacks, createCallbacks } from "./tasks/callbacks.ts";
import { createTriggerer, type Triggerer } from "./tasks/triggerer.ts";
import { createWorker, type Worker } from "./tasks/worker.ts";

export interface Services {
  readonly versions: Versions;
  readonly callbacks: Callbacks;
  readonly scheduler: Scheduler;
  readonly worker: Worker;
  readonly recorder: Recorder;
  readonly orphans: Orphans;
  readonly triggerer: Triggerer;
  readonly runControl: RunControl;
}

/** `patienceMs` says how long a change of a state is repeated while it fails: see retry.ts. */
export function createServices(
  given: Platform,
  options: { readonly patienceMs?: number } = {},
): Services {
  const metadata = createRetryingMetadata(given.metadata, given.clock, options);
  const platform = { ...given, metadata };
  const versions = createVersions(platform.metadata.versions);
  const callbacks = createCallbacks(platform);
  const scheduler: Scheduler = createScheduler(platform, versions, () => recorder);
  const recorder: Recorder = createRecorder(platform, versions, {
    callbacks,
    onRunEnded: scheduler.schedule,
  });
  const worker = createWorker(platform, versions, callbacks);
  const triggerer = createTriggerer(platform, worker.execute);
  const runControl = createRunControl(platform, versions, scheduler);
  const orphans = createOrphans(platform, { recorder, scheduler });
  return { versions, callbacks, scheduler, worker, recorder, orphans, triggerer, runControl };
}
