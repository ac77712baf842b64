// The worker whose tries run apart from it: each is begun by one call, run here, and ended by
// another, as where user code has a function of its own.
import type { Platform } from "../../src/ports/platform.ts";
import { createTaskServices } from "../../src/services/tasks/task-services.ts";
import type { Worker } from "../../src/services/tasks/worker.ts";

/** Does what `worker.execute` does, in two halves around the platform's runner. */
export function inHalves(worker: Worker, platform: Platform): Worker["execute"] {
  return async (event, signal) => {
    for (;;) {
      const handed = await worker.begin(event, signal);
      if (!handed) return;
      const { instance, started, call } = handed;
      const { task, key, version } = instance;
      const slot = await platform.runner.reserve({
        instance: key,
        bundleHash: version.bundleHash,
        signal,
        priority: () => 0,
      });
      const ending = await slot?.run(call, {
        bundleHash: version.bundleHash,
        signal,
        services: createTaskServices(platform, key),
        ...(task.executionTimeout === undefined ? {} : { timeout: task.executionTimeout }),
      });
      slot?.release();
      if (!ending || signal.aborted) return;
      const { tryNumber, pokes } = started;
      const ended = { event, tryNumber, ending, ...(pokes === undefined ? {} : { pokes }) };
      if ((await worker.end(ended, signal)) === "ended") return;
    }
  };
}
