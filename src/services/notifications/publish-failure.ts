// Tells of a failure that has been recorded. That it can't be told is reported, and harms no run.
import type { FailureEvent } from "../../model/failure-event.ts";
import type { Platform } from "../../ports/platform.ts";

/** Never rejects. */
export async function publishFailure(
  { notifications, report }: Pick<Platform, "notifications" | "report">,
  event: FailureEvent,
): Promise<void> {
  try {
    await notifications.publish(event);
  } catch (problem) {
    const { dagId, runId } = event;
    report.error(
      `The failure of run "${runId}" of DAG "${dagId}" was not told: ${String(problem)}`,
      {
        dagId,
        runId,
      },
    );
  }
}
