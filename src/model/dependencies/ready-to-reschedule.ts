// The time until a sensor's next poke (Airflow: ready_to_reschedule.py).
import { toIso } from "../values/time.ts";
import { type Dependency, MET } from "./dependency.ts";

export const readyToReschedule: Dependency = {
  name: "Ready To Reschedule",
  decide({ known, now }) {
    const { state, rescheduleDate } = known ?? {};
    if (state !== "up_for_reschedule" || rescheduleDate === undefined) return MET;
    if (Date.parse(rescheduleDate) <= now) return MET;
    return {
      kind: "waits",
      reason: `Task is not ready for reschedule yet but will be rescheduled automatically. Current date is ${toIso(now)} and task will be rescheduled at ${rescheduleDate}.`,
    };
  },
};
