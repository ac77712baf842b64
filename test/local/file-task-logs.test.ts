// Files pass the contract of the task logs; torn lines and full disks harm nothing.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createFileTaskLogs } from "../../src/local/file-task-logs.ts";
import { logEntry, taskKey } from "../contract/records.ts";
import { taskLogsContract } from "../contract/task-logs.ts";
import { createRecordingReporter } from "./recording-reporter.ts";
import { temporaryFolder } from "./temporary-folder.ts";

taskLogsContract("files", async () => createFileTaskLogs(temporaryFolder()));

const TRY = { ...taskKey(), tryNumber: 1 };
const PATH = "dag_id=etl/run_id=manual__1/task_id=load/attempt=1.log";

test("logs stand in Airflow's layout as JSON lines", async () => {
  const folder = temporaryFolder();
  const logs = createFileTaskLogs(folder);
  await logs.append(TRY, [logEntry("a")]);
  await logs.append({ ...TRY, runId: "x:y", mapIndex: 4, tryNumber: 2 }, [logEntry("b")]);
  expect(readFileSync(join(folder, PATH), "utf8")).toBe(`${JSON.stringify(logEntry("a"))}\n`);
  const mapped = "dag_id=etl/run_id=x%3Ay/task_id=load/map_index=4/attempt=2.log";
  expect(existsSync(join(folder, mapped))).toBe(true);
});

test("a last line that is still being written waits for its end", async () => {
  const folder = temporaryFolder();
  const logs = createFileTaskLogs(folder);
  await logs.append(TRY, [logEntry("a")]);
  const line = `${JSON.stringify(logEntry("ü"))}\n`;
  appendFileSync(join(folder, PATH), line.slice(0, 20));
  const first = await logs.read(TRY);
  expect(first.entries).toEqual([logEntry("a")]);
  expect((await logs.read(TRY, first.next)).entries).toEqual([]);
  appendFileSync(join(folder, PATH), line.slice(20));
  expect((await logs.read(TRY, first.next)).entries).toEqual([logEntry("ü")]);
});

test("a line that a crash has cut off is shown as it is, and hides no other", async () => {
  const folder = temporaryFolder();
  const logs = createFileTaskLogs(folder);
  await logs.append(TRY, [logEntry("a")]);
  appendFileSync(join(folder, PATH), '{"timestamp":"2026\n');
  await logs.append(TRY, [logEntry("b")]);
  const events = (await logs.read(TRY)).entries.map(({ event }) => event);
  expect(events).toEqual(["a", '{"timestamp":"2026', "b"]);
});

test("a full disk fails no task: it is told once, and logs go on when there is space", async () => {
  const folder = temporaryFolder();
  const report = createRecordingReporter();
  const logs = createFileTaskLogs(folder, { report });
  mkdirSync(dirname(join(folder, PATH)), { recursive: true });
  symlinkSync("/dev/full", join(folder, PATH));
  await logs.append(TRY, [logEntry("lost")]);
  await logs.append(TRY, [logEntry("lost")]);
  expect(report.messages).toEqual([expect.stringMatching(/^error: Task logs can't .*ENOSPC/)]);

  rmSync(join(folder, PATH));
  appendFileSync(join(folder, PATH), '{"cut off');
  await logs.append(TRY, [logEntry("a")]);
  await logs.append(TRY, [logEntry("b")]);
  expect(report.messages.slice(1)).toEqual([`info: Task logs are written to ${folder} again`]);
  const events = (await logs.read(TRY)).entries.map(({ event }) => event);
  expect(events).toEqual(['{"cut off', "a", "b"]);
});

test("a log goes on after its folder was removed", async () => {
  const folder = temporaryFolder();
  const logs = createFileTaskLogs(folder);
  await logs.append(TRY, [logEntry("a")]);
  await logs.deleteDag("etl");
  await logs.append(TRY, [logEntry("b")]);
  expect((await logs.read(TRY)).entries).toEqual([logEntry("b")]);
});
