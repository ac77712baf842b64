import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createFolderDagSource } from "../../src/local/folder-dag-source.ts";
import { watchFolder } from "../../src/local/folder-watcher.ts";
import { createRecordingReporter } from "./recording-reporter.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A watched folder and the lists of files that were handed on. */
async function createWatch({ rescanMs = 30_000 } = {}) {
  const folder = join(temporaryFolder(), "dags");
  await mkdir(folder);
  await writeFile(join(folder, "a.ts"), "1");
  const handed: (readonly string[])[] = [];
  const report = createRecordingReporter();
  let failures = 0;
  const { promise: never } = Promise.withResolvers<void>();
  const watcher = await watchFolder({
    folder,
    rescanMs,
    report,
    source: createFolderDagSource(folder),
    metadata: {
      files: {
        list: async () => [
          { file: "gone.ts", imports: [], dagIds: [], diagnostics: [], processedAt: "" },
        ],
      },
    },
    processor: {
      async startChanged(files) {
        if (failures > 0) {
          failures -= 1;
          throw new Error("the database is locked");
        }
        handed.push([...files].sort());
        return { finished: files.includes("hangs.ts") ? never : Promise.resolve() };
      },
    },
  });
  onTestFinished(() => watcher.close());
  const seen = () => handed.slice(1).flat();
  return {
    folder,
    handed,
    report,
    failOnce() {
      failures = 1;
    },
    arrives: (file: string) => expect.poll(seen, { timeout: 5_000, interval: 10 }).toContain(file),
    forget: () => handed.splice(1),
  };
}

test("at the start all files are handed on, and those recorded that are gone", async () => {
  const { handed } = await createWatch();
  expect(handed).toEqual([["a.ts", "gone.ts"]]);
});

test("files that are written, renamed into place, deleted or in new folders are noticed", async () => {
  const { folder, arrives, forget } = await createWatch();
  await writeFile(join(folder, "b.ts"), "1");
  await arrives("b.ts");
  await mkdir(join(folder, "etl", "deep"), { recursive: true });
  await writeFile(join(folder, "etl", "deep", "c.ts"), "1");
  await arrives("etl/deep/c.ts");
  forget();
  await writeFile(join(folder, ".a.ts.swp"), "22");
  await rename(join(folder, ".a.ts.swp"), join(folder, "a.ts"));
  await arrives("a.ts");
  await rm(join(folder, "b.ts"));
  await arrives("b.ts");
});

test("a file that was replaced, or deleted and made again, is still watched", async () => {
  const { folder, arrives, forget } = await createWatch();
  const isNoticed = async (file: string, act: (path: string) => Promise<void>) => {
    forget();
    await act(join(folder, file));
    await arrives(file);
  };
  for (const file of ["a.ts", "etl/b.ts"]) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await isNoticed(file, async (path) => {
      await writeFile(`${path}.new`, "22");
      await rename(`${path}.new`, path);
    });
    await isNoticed(file, (path) => writeFile(path, "333"));
    await isNoticed(file, (path) => rm(path));
    await isNoticed(file, (path) => writeFile(path, "4444"));
    await isNoticed(file, (path) => writeFile(path, "55555"));
  }
});

test("a file that comes into a folder long after the folder is noticed", async () => {
  const { folder, arrives } = await createWatch();
  await mkdir(join(folder, "empty"));
  await writeFile(join(folder, "noticed.ts"), "1");
  await arrives("noticed.ts");
  await writeFile(join(folder, "empty", "late.ts"), "1");
  await arrives("empty/late.ts");
});

test("changes that come together are handed on together", async () => {
  const { folder, handed, arrives } = await createWatch();
  await Promise.all(["x.ts", "y.ts", "z.ts"].map((file) => writeFile(join(folder, file), "1")));
  await arrives("z.ts");
  expect(handed.slice(1)).toEqual([["x.ts", "y.ts", "z.ts"]]);
});

test("a folder that is deleted and made again is watched again, and both are reported", async () => {
  const { folder, report, arrives, forget } = await createWatch();
  await rm(folder, { recursive: true });
  await expect
    .poll(() => report.messages.join("\n"))
    .toMatch(/error: The DAG folder can't be read/);
  await mkdir(folder);
  await writeFile(join(folder, "new.ts"), "1");
  await arrives("new.ts");
  expect(report.messages.join("\n")).toMatch(/info: .* is there again/);
  forget();
  await writeFile(join(folder, "later.ts"), "1");
  await arrives("later.ts");
});

test("a folder replaced by another of its name in one go is watched", async () => {
  const { folder, arrives, forget } = await createWatch();
  await rm(folder, { recursive: true });
  await mkdir(folder);
  await writeFile(join(folder, "new.ts"), "1");
  await arrives("new.ts");
  forget();
  await writeFile(join(folder, "later.ts"), "1");
  await arrives("later.ts");
});

test("files whose processing failed are handed on again", async () => {
  const { folder, report, arrives, failOnce } = await createWatch({ rescanMs: 150 });
  failOnce();
  await writeFile(join(folder, "b.ts"), "1");
  await arrives("b.ts");
  expect(report.messages).toEqual([
    "error: DAG files could not be processed: Error: the database is locked",
  ]);
});

test("changes are handed on while earlier ones are still at work, and nobody waits for those at the end", async () => {
  const { folder, arrives } = await createWatch();
  await writeFile(join(folder, "hangs.ts"), "1");
  await arrives("hangs.ts");
  await writeFile(join(folder, "b.ts"), "1");
  await arrives("b.ts");
});
