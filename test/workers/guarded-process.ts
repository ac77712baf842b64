// A process that guards two process groups, gives one of them up, and waits to be killed. Prints
// the leaders' ids.
import { spawn } from "node:child_process";
import { createProcessGuard } from "../../src/workers/pool/process-guard.ts";

const guard = createProcessGuard("guarded");
const [folder] = process.argv.slice(2);
const pids = [0, 1, 2].map(() => {
  const child = spawn("sh", ["-c", "sleep 63; true"], { detached: true, stdio: "ignore" });
  guard.add(child.pid ?? 0, folder);
  return child.pid ?? 0;
});
guard.remove(pids[1] ?? 0);
process.stdout.write(`${pids.join(" ")}\n`);
setInterval(() => {}, 1_000);
