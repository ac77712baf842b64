// Retries with constant delay, with growing delay, capped, and with one that starts at its cap.
import { dag, task } from "../../reference/documents.ts";

export const document = dag("retries", [
  task("constant", [], { retries: 3, retryDelay: 300 }),
  task("growing", ["constant"], { retries: 5, retryDelay: 0.5, retryBackoff: 2 }),
  task("capped", ["growing"], {
    retries: 5,
    retryDelay: 60,
    retryBackoff: 1.5,
    maxRetryDelay: 600.5,
  }),
  task("at_cap", ["capped"], { retries: 2, retryDelay: 900, retryBackoff: 2, maxRetryDelay: 600 }),
]);
