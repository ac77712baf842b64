// Keeps a change to what its dry run has shown: the count that was shown must still be right.
import { z } from "zod";
import { Failure } from "../../terminal/failure.ts";

export const EXPECTED_COUNT = z
  .int()
  .min(0)
  .optional()
  .describe("With dry_run false: the count that the dry run answered");

/** Throws a Failure unless the count is the one that the caller has seen. */
export function checkCount(count: number, expected: number | undefined): void {
  if (count === expected) return;
  const told =
    expected === undefined
      ? "expected_count is missing"
      : `expected_count is ${expected}, but it would be ${count}`;
  throw new Failure(`Nothing was changed: ${told}`, {
    hint: "Call it with dry_run true, look at what it lists, then give its count",
  });
}
