// A folder for one test, gone when it is finished.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** To be called within a test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "stepwind-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
