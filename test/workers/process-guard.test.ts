// What tasks have started ends with the server, however that ends.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../local/temporary-folder.ts";

const GUARDED = fileURLToPath(new URL("guarded-process.ts", import.meta.url));

/** One that has ended may be kept as a zombie where nobody asks for its exit code. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

test("kill -9 takes the process groups with it that are still guarded, and their folders", async () => {
  const folder = join(temporaryFolder(), "with space");
  mkdirSync(folder);
  writeFileSync(join(folder, "left"), "1");
  const server = spawn(process.execPath, [GUARDED, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = await once(server.stdout, "data");
  const [first = 0, released = 0, last = 0] = String(output).trim().split(" ").map(Number);
  onTestFinished(() => void process.kill(-released, "SIGKILL"));
  expect([first, released, last].map(isRunning)).toEqual([true, true, true]);

  server.kill("SIGKILL");
  const running = () => [first, released, last].map(isRunning);
  await expect.poll(running, { timeout: 5_000 }).toEqual([false, true, false]);
  await expect.poll(() => existsSync(folder), { timeout: 5_000 }).toBe(false);
});
