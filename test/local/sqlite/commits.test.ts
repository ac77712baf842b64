// Writes that can't be written wait, in their order, and lose nothing: a full disk, a lock, a
// failing change.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { createGroupCommit } from "../../../src/local/sqlite/commits.ts";
import { createRecordingReporter } from "../recording-reporter.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A table, and an outage clock: `tick` ends the present delay. */
function open(file = ":memory:") {
  const db = new DatabaseSync(file, { timeout: 0 });
  db.exec("PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT UNIQUE) STRICT");
  const report = createRecordingReporter();
  const delays: { readonly delayMs: number; readonly end: () => void }[] = [];
  const sleep = (delayMs: number) =>
    new Promise<void>((resolve) => delays.push({ delayMs, end: resolve }));
  const commits = createGroupCommit(db, { file, report, sleep });
  const insert = db.prepare("INSERT INTO notes VALUES (?)");
  const select = db.prepare("SELECT text FROM notes ORDER BY rowid");
  onTestFinished(() => {
    if (db.isOpen) db.close();
  });
  return {
    db,
    commits,
    report,
    delays,
    write: (text: string) => commits.write(() => insert.run(text).changes),
    texts: () => select.all().map((row) => row.text),
    async tick() {
      delays.shift()?.end();
      await turns();
    },
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Writes that were made together wait one turn for others. */
async function turns(): Promise<void> {
  await turn();
  await turn();
}

/** Allows no more pages than there are, then as many as one wishes. */
function fillDisk(db: DatabaseSync): () => void {
  const pages = db.prepare("PRAGMA page_count").get()?.page_count;
  db.exec(`PRAGMA max_page_count = ${pages}`);
  return () => {
    db.exec("PRAGMA max_page_count = 1000000");
  };
}

const LARGE = "x".repeat(20_000);

test("a lone write is committed in its turn", async () => {
  const { write, texts } = open();
  const written = write("a");
  await turn();
  expect(texts()).toEqual(["a"]);
  await written;
});

test("writes of several tasks share a commit as long as each turn brings more", async () => {
  const { write, texts } = open();
  const first = Promise.all([write("a"), write("b")]);
  await turn();
  expect(texts()).toEqual([]);
  const later = write("c");
  await first;
  expect(texts()).toEqual(["a", "b", "c"]);
  await later;
});

test("writes that never cease are committed all the same", async () => {
  const { write, texts } = open();
  const all = [write("0"), write("1")];
  while (texts().length === 0) {
    all.push(write(String(all.length)));
    await turn();
  }
  expect(all.length).toBeLessThan(20);
  await Promise.all(all);
});

test("while the disk is full, writes wait; then all are made, in their order, and it is told twice", async () => {
  const { db, write, texts, tick, report, delays } = open();
  const freeDisk = fillDisk(db);
  const done: string[] = [];
  const remember = (text: string) => write(text).then(() => done.push(text.slice(0, 1)));
  const first = [remember("a"), remember(`b${LARGE}`), remember("c")];
  await turns();
  expect(texts()).toEqual([]);
  expect(db.isTransaction).toBe(false);
  expect(delays.map(({ delayMs }) => delayMs)).toEqual([1_000]);

  const later = remember("d");
  await turn();
  await tick();
  await tick();
  expect(done).toEqual([]);
  expect(delays).toHaveLength(1);

  freeDisk();
  await tick();
  await Promise.all([...first, later]);
  expect(done).toEqual(["a", "b", "c", "d"]);
  expect(texts()).toEqual(["a", `b${LARGE}`, "c", "d"]);
  expect(delays).toEqual([]);
  expect(report.messages).toEqual([
    "error: :memory:: disk full. Waiting to write 3 changes; nothing is lost; free space in .",
    "info: :memory: can be written again; everything that waited is stored",
  ]);
});

test("a second outage is told again", async () => {
  const { db, write, tick, report } = open();
  for (const text of ["a", "b"]) {
    const freeDisk = fillDisk(db);
    const written = write(text + LARGE);
    await turn();
    freeDisk();
    await tick();
    await written;
  }
  expect(report.messages).toHaveLength(4);
});

test("a file that another program has locked is waited for", async () => {
  const file = join(temporaryFolder(), "notes.db");
  const { write, texts, tick, report } = open(file);
  const other = new DatabaseSync(file);
  other.exec("BEGIN IMMEDIATE");
  const written = write("a");
  await turn();
  expect(report.messages[0]).toMatch(/locked by another program. Waiting to write 1 change/);
  other.close();
  await tick();
  await written;
  expect(texts()).toEqual(["a"]);
});

test("an outage that leaves the transaction open is rolled back and made up for", async () => {
  const { db, commits, texts, tick } = open();
  const file = join(temporaryFolder(), "locked.db");
  const holder = new DatabaseSync(file);
  holder.exec("BEGIN IMMEDIATE");
  const second = new DatabaseSync(file, { timeout: 0 });
  const insert = db.prepare("INSERT INTO notes VALUES ('a')");
  const written = commits.write(() => {
    insert.run();
    second.exec("BEGIN IMMEDIATE");
  });
  await turn();
  expect(db.isTransaction).toBe(false);
  holder.close();
  await tick();
  await written;
  expect(texts()).toEqual(["a"]);
  second.close();
});

test("a change that throws is undone and rejects alone, also after an outage", async () => {
  const { db, commits, write, texts, tick } = open();
  const insert = db.prepare("INSERT INTO notes VALUES (?)");
  const batch = () =>
    Promise.allSettled([
      write("a"),
      write("a"),
      commits.write(() => {
        insert.run("half");
        throw new Error("second half is missing");
      }),
      write(`b${LARGE}`),
    ]);
  const freeDisk = fillDisk(db);
  const settled = batch();
  await turns();
  freeDisk();
  await tick();
  const reasons = (await settled).map((result) =>
    result.status === "rejected" ? String(result.reason) : result.value,
  );
  expect(reasons).toEqual([
    1,
    expect.stringContaining("UNIQUE constraint failed"),
    "Error: second half is missing",
    1,
  ]);
  expect(texts()).toEqual(["a", `b${LARGE}`]);
});

test("an error that waiting can't cure rejects the writes of its turn, and later ones go on", async () => {
  const { db, commits, write, texts } = open();
  const endsTransaction = commits.write(() => {
    db.exec("ROLLBACK");
    throw new Error("engine gave up");
  });
  await expect(Promise.allSettled([endsTransaction, write("a")])).resolves.toMatchObject([
    { status: "rejected" },
    { status: "rejected" },
  ]);
  await write("b");
  expect(texts()).toEqual(["b"]);
});

test("closing writes what is waiting, and rejects what can't be written", async () => {
  const fine = open();
  const written = fine.write("a");
  fine.commits.close();
  expect(fine.texts()).toEqual(["a"]);
  expect(await written).toBe(1);
  await expect(fine.write("b")).rejects.toThrow("closed");

  const full = open();
  fillDisk(full.db);
  const lost = full.write(LARGE);
  const reason = expect(lost).rejects.toThrow("was closed before it could be written");
  await turn();
  full.commits.close();
  await reason;
  await full.tick();
  expect(full.texts()).toEqual([]);
});
