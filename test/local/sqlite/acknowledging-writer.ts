// A program for the kill test: writes to the metadata file named on its command line without end,
// several writes at once, and prints the number of each when it is acknowledged.
import { writeSync } from "node:fs";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import { dagRun, taskKey, xcom } from "../../contract/records.ts";

const [, , file = "", first = "0"] = process.argv;
const metadata = createSqliteMetadata({ file });

/** Run n with a finished task and its XCom. */
async function writeRun(n: number): Promise<void> {
  const runId = `manual__${n}`;
  const key = taskKey({ runId });
  await metadata.runs.create(dagRun({ runId }));
  await metadata.taskInstances.update({
    key,
    from: [null],
    set: { state: "success" },
    xcoms: [xcom({ ...key, value: JSON.stringify("x".repeat(n % 5_000)) })],
  });
  writeSync(1, `${n}\n`);
}

async function writeEvery(step: number, start: number): Promise<void> {
  for (let n = start; ; n += step) await writeRun(n);
}

const WRITERS = 4;
await Promise.all(
  Array.from({ length: WRITERS }, (_, i) => writeEvery(WRITERS, Number(first) + i)),
);
