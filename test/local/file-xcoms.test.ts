// Files pass the contract of the XCom backend and leave no half-written file.
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { createFileXComs } from "../../src/local/file-xcoms.ts";
import { taskKey } from "../contract/records.ts";
import { xcomsContract } from "../contract/xcoms.ts";
import { temporaryFolder } from "./temporary-folder.ts";

xcomsContract("files", async () => createFileXComs(temporaryFolder()));

test("a value stands in one readable path per DAG, run and task", async () => {
  const folder = temporaryFolder();
  const runId = "scheduled__2026-01-01T00:00:00+00:00";
  const ref = await createFileXComs(folder).put(taskKey({ runId }), "x", "1");
  expect(ref).toMatch(
    /^etl\/scheduled__2026-01-01T00%3A00%3A00\+00%3A00\/load\.[0-9a-f]{32}\.json$/,
  );
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  expect(files.filter((entry) => entry.isFile())).toHaveLength(1);
});
