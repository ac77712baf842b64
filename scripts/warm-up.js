// `npm run prepare`, which `npm ci` calls: lets the product run once, so that Node's compile cache
// holds all modules with their types stripped. A server that strips types itself starts later and
// keeps Node's stripper, some 40 MB. Plain JavaScript for any Node, and never a reason for an
// install to fail.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const LAUNCHER = fileURLToPath(new URL("../bin/stepwind.js", import.meta.url));
const TIMEOUT_MS = 30_000;
/** Threads store what they compiled a moment after their start. */
const SETTLE_MS = 1_000;

const DAG = `import { Dag } from "stepwind";
import { bash } from "stepwind/operators";
export const dag = new Dag("warm_up", { schedule: "@once", startDate: "2026-01-01" });
dag.task("hello", bash({ bashCommand: "echo {{ ds }}" }))();
`;

const folder = await mkdtemp(join(tmpdir(), "stepwind-warm-up-"));
try {
  await writeFile(join(folder, "warm_up.ts"), DAG);
  await runOnce();
} catch (error) {
  console.warn(`Nothing was warmed up, so the first start takes longer: ${String(error)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function runOnce() {
  const where = ["--home", join(folder, "home"), "--dags", folder];
  const child = spawn(process.execPath, [LAUNCHER, "standalone", "--port", "0", ...where], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: TIMEOUT_MS,
  });
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text) => {
    if (text.includes("success")) setTimeout(() => child.kill("SIGTERM"), SETTLE_MS);
  });
  const [code, signal] = await once(child, "exit");
  if (code !== 0) throw new Error(`stepwind ended with ${code ?? signal}`);
}
