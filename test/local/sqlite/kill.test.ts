// A write that was acknowledged survives kill -9 at any moment.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import { taskKey } from "../../contract/records.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const WRITER = fileURLToPath(new URL("acknowledging-writer.ts", import.meta.url));
const KILLS = 10;

/** Numbers acknowledged until the kill, which comes at a random moment after the first. */
async function writeUntilKilled(file: string, first: number): Promise<number[]> {
  const child = spawn(process.execPath, [WRITER, file, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await once(child.stdout, "data");
  await sleep(Math.random() * 80);
  child.kill("SIGKILL");
  await once(child, "close");
  // What follows the last line break was cut off by the kill.
  return output.split("\n").slice(0, -1).map(Number);
}

test(`every acknowledged write survives kill -9, ${KILLS} times over`, async () => {
  const file = join(temporaryFolder(), "metadata.db");
  const acknowledged: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    acknowledged.push(...(await writeUntilKilled(file, kill * 1_000_000)));
    const db = new DatabaseSync(file);
    expect(db.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    db.close();
  }
  expect(acknowledged.length).toBeGreaterThan(KILLS * 10);

  const metadata = createSqliteMetadata({ file });
  for (const n of acknowledged) {
    const key = taskKey({ runId: `manual__${n}` });
    expect(await metadata.runs.get(key.dagId, key.runId)).toBeDefined();
    expect((await metadata.taskInstances.get(key))?.state).toBe("success");
    expect(await metadata.xcoms.get(key, "return_value")).toBeDefined();
  }
  await metadata.close();
});
