// What Lambda loads: sizes of the functions' code, and how long a new process takes to import the
// worker's.
import { execFileSync } from "node:child_process";
import { globSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { readEnvironment } from "../../src/aws/environment.ts";
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

/**
 * Whatever the functions read; the values may be any but for these, since nothing is called at
 * import.
 */
function anyEnvironment(): Readonly<Record<string, string>> {
  const values: Record<string, string> = {
    STEPWIND_SCHEDULES: "scheduler",
    STEPWIND_WORKER_TIMEOUT: "900",
    STEPWIND_RETENTION: "runs=90",
    STEPWIND_ROLE_RIGHTS: "{}",
  };
  readEnvironment(new Proxy(values, { get: (_, name) => (values[String(name)] ??= "x") }));
  return values;
}

async function importWorker(): Promise<number> {
  const told = execFileSync(
    process.execPath,
    [
      "--input-type=module",
      "--enable-source-maps",
      "--eval",
      IMPORT,
      join(TARGET, "worker/index.mjs"),
    ],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...anyEnvironment(), AWS_REGION: "us-east-1" },
    },
  );
  return Number(told);
}
