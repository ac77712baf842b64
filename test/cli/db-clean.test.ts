// stepwind db clean, with Airflow's flags, on a home folder that no server has open.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLocalProduct } from "../../src/local/local-platform.ts";
import { dagRecord, dagRun, dagVersion } from "../contract/records.ts";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { stepwind } from "./captured-terminal.ts";

/** A project with a run of January and one of March. */
async function createProject(): Promise<string> {
  const folder = temporaryFolder();
  const dagsFolder = join(folder, "dags");
  mkdirSync(dagsFolder);
  const product = await openLocalProduct({ home: join(folder, ".stepwind"), dagsFolder });
  const { metadata } = product.platform;
  await metadata.dags.put(dagRecord({ isStale: true }));
  await metadata.versions.create(dagVersion());
  for (const [runId, month] of [
    ["old", "01"],
    ["new", "03"],
  ]) {
    const at = `2026-${month}-05T00:00:00.000Z`;
    await metadata.runs.create(
      dagRun({ runId: runId ?? "", state: "success", runAfter: at, endDate: at }),
    );
  }
  await product.close();
  return folder;
}

const BEFORE = ["--clean-before-timestamp", "2026-02-01"];

test("db clean counts with --dry-run, and removes with --yes", async () => {
  const folder = await createProject();
  const runs = async () =>
    JSON.parse((await stepwind(folder, "dags", "list-runs", "etl", "-o", "json")).out).map(
      ({ dag_run_id }: { dag_run_id: string }) => dag_run_id,
    );
  const dry = await stepwind(folder, "db", "clean", ...BEFORE, "--dry-run");
  expect(dry).toMatchObject({ code: 0 });
  expect(dry.out).toMatch(/^dag_run +1$/m);
  expect(await runs()).toEqual(["new", "old"]);
  const flags = ["--tables", "dag_run,xcom", "--skip-archive", "-y"];
  const done = await stepwind(folder, "db", "clean", ...BEFORE, ...flags);
  expect(done.out).toMatch(/^dag_run +1\s+^xcom +0$/m);
  expect(done.out).not.toContain("dag_version");
  expect(await runs()).toEqual(["new"]);
});

test("a date that is none, one in the future, and a table that isn't there are refused by name", async () => {
  const folder = await createProject();
  const clean = (...flags: readonly string[]) => stepwind(folder, "db", "clean", "-y", ...flags);
  const future = await clean("--clean-before-timestamp", "2999-01-01");
  expect(future.err).toContain('clean_before_timestamp "2999-01-01" is in the future');
  const none = await clean("--clean-before-timestamp", "monday");
  expect(none.err).toContain('"monday" is not an ISO 8601 date');
  const table = await clean(...BEFORE, "--tables", "task_instance");
  expect(table.err).toContain('There is no table "task_instance" to clean; it goes with the runs');
  expect([future.code, none.code, table.code]).toEqual([1, 1, 1]);
  expect((await clean()).code).toBe(2);
});
