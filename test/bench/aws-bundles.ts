// What Lambda loads: sizes of the functions' code, and how long a new process takes to import the worker's.
import { execFileSync } from "node:child_process";
import { globSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { medianOf } from "./measure.ts";

const ROOT = join(import.meta.dirname, "../..");
const TARGET = join(ROOT, "dist/lambda");
const STARTS = 9;

/** Imports the module in a new process and tells how many milliseconds that took. */
const IMPORT = `const begin = performance.now();
await import(process.argv[1]);
process.stdout.write(String(performance.now() - begin), () => process.exit());`;

export async function benchAwsBundles() {
  execFileSync(process.execPath, ["scripts/build-functions.ts"], { cwd: ROOT, stdio: "ignore" });
  const sizes = readdirSync(TARGET).map((name): [string, number] => {
    const files = globSync("**/*", { cwd: join(TARGET, name) });
    const bytes = files
      .filter((file) => !file.endsWith(".map"))
      .reduce((sum, file) => sum + statSync(join(TARGET, name, file)).size, 0);
    return [`aws_${name.replaceAll("-", "_")}_mb`, bytes / 1_000_000];
  });
  return { ...Object.fromEntries(sizes), aws_worker_init_ms: await medianOf(STARTS, importWorker) };
}

/** The names in its environment may be any: nothing is called at import. */
async function importWorker(): Promise<number> {
  const names = ["TABLE", "DAGS_BUCKET", "DATA_BUCKET", "WORKER", "RECORDER", "LOADER"];
  names.push("SCHEDULER_ARN", "STATE_MACHINE_PREFIX", "STATE_MACHINE_ARN_PREFIX");
  names.push("STATE_MACHINE_ROLE_ARN", "SCHEDULE_GROUP", "SCHEDULE_ROLE_ARN", "RULE_PREFIX");
  names.push("SCHEDULE_DEAD_LETTER_ARN", "TOPIC_ARN", "SECRETS_PREFIX", "VERSION");
  const environment = Object.fromEntries(names.map((name) => [`STEPWIND_${name}`, "x"]));
  const worker = join(TARGET, "worker/index.mjs");
  const told = execFileSync(
    process.execPath,
    ["--input-type=module", "--enable-source-maps", "--eval", IMPORT, worker],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        ...environment,
        STEPWIND_SCHEDULES: "scheduler",
        STEPWIND_WORKER_TIMEOUT: "900",
        STEPWIND_DAGS_ARE_PAUSED_AT_CREATION: "false",
        AWS_REGION: "us-east-1",
      },
    },
  );
  return Number(told);
}
