// Tells Lambda's report of a failed call from other events. Apart from what is done with it, since
// the recorder gets such reports by its own trigger and needs no schema to know them.
import { z } from "zod";
import type { FailedCallReport } from "./failed-calls.ts";

const REPORT = z.object({
  requestContext: z.object({ condition: z.string() }),
  requestPayload: z.record(z.string(), z.unknown()),
  responsePayload: z
    .object({ errorType: z.string().optional(), errorMessage: z.string().optional() })
    .nullish()
    .catch(undefined),
});

export function isFailedCallReport(event: unknown): event is FailedCallReport {
  return REPORT.safeParse(event).success;
}
