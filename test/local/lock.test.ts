// One process per home folder, whatever way the one before it ended.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { acquireLock, LockHeld, readServer } from "../../src/local/lock.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const HOLDER = fileURLToPath(new URL("lock-holder.ts", import.meta.url));

async function holdInOtherProcess(folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [HOLDER, folder], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child.stdout, "data");
  return child;
}

function refusal(folder: string): LockHeld {
  try {
    acquireLock(folder).release();
  } catch (error) {
    if (error instanceof LockHeld) return error;
    throw error;
  }
  throw new Error("The lock was free");
}

test("a folder that another process holds is refused, naming process, address and remedy", async () => {
  const folder = temporaryFolder();
  const { pid } = await holdInOtherProcess(folder);
  const { message, server } = refusal(folder);
  expect(message).toBe(
    `Another stepwind (process ${pid}, http://127.0.0.1:8080) is running in ${folder}; ` +
      "stop it or use another --home",
  );
  expect(server).toEqual({ pid, url: "http://127.0.0.1:8080", startedAt: expect.any(String) });
  expect(readServer(folder)).toEqual(server);
});

test("kill -9 frees the folder at once, and what it left behind is no server", async () => {
  const folder = temporaryFolder();
  const child = await holdInOtherProcess(folder);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(readServer(folder)).toBeUndefined();
  acquireLock(folder).release();
});

test("a process id in server.json holds nothing, even that of a living process", () => {
  const folder = temporaryFolder();
  acquireLock(folder).release();
  const info = { pid: process.ppid, startedAt: "2026-01-01T00:00:00.000Z", url: "http://x" };
  writeFileSync(join(folder, "server.json"), JSON.stringify(info));
  expect(readServer(folder)).toBeUndefined();
  const lock = acquireLock(folder);
  expect(readServer(folder)).toEqual({ pid: process.pid, startedAt: expect.any(String) });
  lock.release();
});

test("a folder is held once within a process too, and free again when released", () => {
  const folder = join(temporaryFolder(), "new", "home");
  expect(readServer(folder)).toBeUndefined();
  const lock = acquireLock(folder);
  expect(refusal(folder).message).toContain(`(process ${process.pid})`);
  lock.announce({ url: "http://127.0.0.1:1" });
  expect(readServer(folder)?.url).toBe("http://127.0.0.1:1");
  lock.release();
  lock.release();
  expect(readServer(folder)).toBeUndefined();
  acquireLock(folder).release();
});

test("looking for the server again and again doesn't keep one from starting", async () => {
  const folder = temporaryFolder();
  acquireLock(folder).release();
  for (let i = 0; i < 50; i++) readServer(folder);
  const child = await holdInOtherProcess(folder);
  for (let i = 0; i < 50; i++) expect(readServer(folder)?.pid).toBe(child.pid);
  expect(refusal(folder).server?.pid).toBe(child.pid);
});
