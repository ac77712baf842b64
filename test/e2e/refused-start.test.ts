// What keeps the server from starting, or from going on, is said in one message, and the process
// ends with exit code 1 instead of staying there with nothing scheduled.
import {
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openConnection } from "../../src/local/sqlite/database.ts";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import { MIGRATIONS } from "../../src/local/sqlite/schema.ts";
import { stepwind } from "../cli/captured-terminal.ts";
import { dagRun, dagVersion } from "../contract/records.ts";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { startServer } from "./server-process.ts";

const DAG = `import { Dag } from "stepwind";
export const dag = new Dag("d", { schedule: null });
dag.task("t", () => 1)();
`;
/** No process may make a folder here, whatever its user. */
const UNWRITABLE = process.platform === "linux" ? "/sys/stepwind" : "/System/stepwind";

function project(): { home: string; dagsFolder: string; folder: string } {
  const folder = temporaryFolder();
  const dagsFolder = join(folder, "dags");
  mkdirSync(dagsFolder);
  writeFileSync(join(dagsFolder, "d.ts"), DAG);
  return { home: join(folder, ".stepwind"), dagsFolder, folder };
}

/** A home with a history of many pages. */
async function withHistory(home: string): Promise<string> {
  const file = join(home, "metadata.db");
  const metadata = createSqliteMetadata({ file });
  await metadata.runs.create(dagRun({ state: "running" }));
  for (let number = 1; number <= 50; number++) {
    const version = { number, hash: `hash-${number}`, file: "x".repeat(3_000) };
    await metadata.versions.create(dagVersion(version));
  }
  await metadata.close();
  return file;
}

function overwritePages(file: string): void {
  const descriptor = openSync(file, "r+");
  const size = statSync(file).size;
  for (let at = 4_096; at < size; at += 4_096) {
    writeSync(descriptor, Buffer.alloc(2_048, 7), 0, 2_048, at);
  }
  closeSync(descriptor);
}

const REFUSED_HOMES: readonly (readonly [
  what: string,
  prepare: (home: string) => unknown,
  message: RegExp,
])[] = [
  ["is a file", (home) => writeFileSync(home, ""), /\.stepwind is a file where a folder is needed/],
  [
    "is a link to itself",
    (home) => symlinkSync(home, home),
    /\.stepwind is a link to itself|\.stepwind is a file/,
  ],
  [
    "has logs that are a file",
    (home) => {
      mkdirSync(home);
      writeFileSync(join(home, "logs"), "");
    },
    /logs is a file where a folder is needed/,
  ],
  [
    "has a damaged lock",
    (home) => {
      mkdirSync(home);
      writeFileSync(join(home, "lock.db"), "no database ".repeat(500));
    },
    /lock\.db is damaged. Delete it; it holds no data/,
  ],
  [
    "has a lock that is a folder",
    (home) => mkdirSync(join(home, "lock.db"), { recursive: true }),
    /lock\.db is a folder where a file is needed/,
  ],
  [
    "has metadata that are a folder",
    (home) => mkdirSync(join(home, "metadata.db"), { recursive: true }),
    /metadata\.db is a folder where a file is needed/,
  ],
  [
    "has metadata that are no database",
    (home) => {
      mkdirSync(home);
      writeFileSync(join(home, "metadata.db"), "no database ".repeat(500));
    },
    /metadata\.db is damaged.*restore the file from a backup/,
  ],
  [
    "has metadata that were cut off",
    async (home) => truncateSync(await withHistory(home), 5_000),
    /metadata\.db is damaged/,
  ],
  [
    "has metadata with damaged pages",
    async (home) => overwritePages(await withHistory(home)),
    /metadata\.db is damaged/,
  ],
  [
    "has metadata of a newer schema",
    (home) => {
      const file = join(home, "metadata.db");
      openConnection(file, [...MIGRATIONS, "CREATE TABLE newer (id INTEGER) STRICT"]).close();
    },
    /metadata\.db was written by a newer Stepwind.*use another --home/,
  ],
];

test.each(REFUSED_HOMES)("a home that %s is refused", async (_, prepare, message) => {
  const { home, dagsFolder } = project();
  await prepare(home);
  const refusal: unknown = await startServer({ home, dagsFolder }).catch((error) => error);
  expect(String(refusal)).toMatch(/ended with 1 before/);
  expect(String(refusal)).toMatch(message);
  expect(String(refusal)).not.toContain("should not happen");
});

test("a home that can't be written is refused, with what to do", async () => {
  const { dagsFolder } = project();
  const start = startServer({ home: UNWRITABLE, dagsFolder });
  await expect(start).rejects.toThrow(
    /ended with 1 [\s\S]*stepwind can't be written: .*use another --home/,
  );
  await expect(start).rejects.not.toThrow("should not happen");
});

test("a DAG folder that is a file is refused", async () => {
  const { home, dagsFolder } = project();
  const start = startServer({ home, dagsFolder: join(dagsFolder, "d.ts") });
  await expect(start).rejects.toThrow(/ended with 1 [\s\S]*The DAG folder ".*d\.ts" is a file/);
});

test("commands that only look work without a home that they can write; others say so", async () => {
  const { folder } = project();
  const at = ["--home", UNWRITABLE];
  const list = await stepwind(folder, "dags", "list", ...at);
  expect(list).toMatchObject({ code: 0, err: "" });
  expect(list.out).toMatch(/^d +None/m);
  expect(await stepwind(folder, "dags", "list-runs", "d", ...at)).toMatchObject({ code: 0 });
  for (const command of ["trigger", "pause", "unpause", "delete"]) {
    const { code, err } = await stepwind(folder, "dags", command, "d", ...at);
    expect(err).toMatch(/stepwind can't be written: /);
    expect(err).not.toContain("should not happen");
    expect(code).toBe(1);
  }
});

test("an address that is none is refused as a mistake on the command line", async () => {
  const { folder } = project();
  const { code, err } = await stepwind(folder, "--url", "localhost", "dags", "list");
  expect(err).toContain('"localhost" is not the address of a server');
  expect(code).toBe(2);
});

test("damage that is met while the server runs ends it with a message", async () => {
  const { home, dagsFolder } = project();
  const file = await withHistory(home);
  const metadata = createSqliteMetadata({ file });
  for (let number = 1; number <= 50; number++) {
    const [runId, logicalDate] = [`run-${number}`, new Date(number).toISOString()];
    // Together more than SQLite keeps in memory.
    const conf = { text: "x".repeat(100_000) };
    await metadata.runs.create(dagRun({ runId, logicalDate, state: "success", conf }));
  }
  await metadata.close();
  const server = await startServer({ home, dagsFolder });
  onTestFinished(async () => void (await server.kill("SIGKILL")));
  await expect.poll(() => server.output.join("\n"), { timeout: 20_000 }).toContain("Ctrl-C");
  overwritePages(file);
  await server.request("/dags/~/dagRuns").catch(() => undefined);
  expect(await server.ended()).toBe(1);
  const said = server.output.join("\n");
  expect(said).toContain("metadata.db is damaged");
  expect(said).not.toContain("should not happen");
});

test("metadata that are deleted while the server runs end it with a message", async () => {
  const { home, dagsFolder } = project();
  const server = await startServer({ home, dagsFolder });
  onTestFinished(async () => void (await server.kill("SIGKILL")));
  rmSync(home, { recursive: true });
  expect(await server.ended()).toBe(1);
  expect(server.output.join("\n")).toContain("was deleted or replaced while Stepwind was running");
});
