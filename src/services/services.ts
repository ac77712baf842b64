// All services over one platform, put together: what an adapter's entry points call.
import type { Platform } from "../ports/platform.ts";
import { type Callbacks, createCallbacks } from "./callbacks.ts";
import { createOrphans, type Orphans } from "./orphans.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { createRunControl, type RunControl } from "./run-control.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";
import { createSureMetadata } from "./sure-metadata.ts";
import { createTriggerer, type Triggerer } from "./triggerer.ts";
import { createVersions, type Versions } from "./versions.ts";
import { createWorker, type Worker } from "./worker.ts";

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

export function createServices(given: Platform): Services {
  const platform = { ...given, metadata: createSureMetadata(given.metadata, given.clock) };
  const versions = createVersions(platform.metadata);
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
