// All that a task instance may wait for, in the order in which it is asked. The trigger rule comes
// before the past: it may end a task while a past run is still waited for.
import type { Dependency } from "./dependency.ts";
import { mappedUpstream } from "./mapped-upstream.ts";
import { notInRetryPeriod } from "./not-in-retry-period.ts";
import { notPreviouslySkipped } from "./not-previously-skipped.ts";
import { prevDagrun } from "./prev-dagrun.ts";
import { readyToReschedule } from "./ready-to-reschedule.ts";
import { setupScope, setupVerdict } from "./setup-scope.ts";
import { triggerRule } from "./trigger-rule.ts";

export const DEPENDENCIES: readonly Dependency[] = [
  notInRetryPeriod,
  readyToReschedule,
  setupVerdict,
  triggerRule,
  notPreviouslySkipped,
  setupScope,
  mappedUpstream,
  prevDagrun,
];
