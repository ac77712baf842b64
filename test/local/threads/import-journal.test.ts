import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openImportJournal } from "../../../src/local/threads/import-journal.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const quiet = { warn() {} };

test("what was being imported when the process ended is a suspect at the next start", () => {
  const path = join(temporaryFolder(), "importing");
  const before = openImportJournal(path, quiet);
  before.begin("done");
  before.begin("open");
  before.end("done");

  const after = openImportJournal(path, quiet);
  expect(after.isSuspect("open")).toBe(true);
  expect(after.isSuspect("done")).toBe(false);
});

test("a bundle is a suspect until an import of it has ended", () => {
  const path = join(temporaryFolder(), "importing");
  openImportJournal(path, quiet).begin("open");

  expect(openImportJournal(path, quiet).isSuspect("open")).toBe(true);
  const after = openImportJournal(path, quiet);
  after.begin("other");
  after.end("other");
  expect(after.isSuspect("open")).toBe(true);
  after.end("open");
  expect(after.isSuspect("open")).toBe(false);
  expect(openImportJournal(path, quiet).isSuspect("open")).toBe(false);
});

test("one bundle that is imported twice at the same time is open until both have ended", () => {
  const path = join(temporaryFolder(), "importing");
  const journal = openImportJournal(path, quiet);
  journal.begin("same");
  journal.begin("same");
  journal.end("same");
  expect(readFileSync(path, "utf8")).toBe("+same\n");
  journal.end("same");
  expect(readFileSync(path, "utf8")).toBe("+same\n-same\n");
});

test("a journal in which nothing stands is emptied when it is large", () => {
  const path = join(temporaryFolder(), "importing");
  const journal = openImportJournal(path, quiet);
  for (let index = 0; index < 5_000; index += 1) {
    journal.begin(`hash${index}`);
    journal.end(`hash${index}`);
  }
  expect(readFileSync(path).length).toBeLessThan(65_536);
});

test("a journal that can't be written is reported once", () => {
  const path = join(temporaryFolder(), "importing");
  mkdirSync(path);
  const warnings: string[] = [];
  const journal = openImportJournal(path, { warn: (message) => void warnings.push(message) });
  journal.begin("one");
  journal.end("one");
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(`${path} can't be written`);
});
