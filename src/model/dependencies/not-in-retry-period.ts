// The delay before the next try (Airflow: not_in_retry_period_dep.py).
import { toIso } from "../values/time.ts";
import { type Dependency, MET } from "./dependency.ts";

export const notInRetryPeriod: Dependency = {
  name: "Not In Retry Period",
  decide({ known, now }) {
    const { state, nextRetryAt } = known ?? {};
    if (state !== "up_for_retry" || nextRetryAt === undefined) return MET;
    if (Date.parse(nextRetryAt) <= now) return MET;
    return {
      kind: "waits",
      reason: `Task is not ready for retry yet but will be retried automatically. Current date is ${toIso(now)} and task will be retried at ${nextRetryAt}.`,
    };
  },
};
