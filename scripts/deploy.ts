// `npm run deploy [-- options of cdk deploy]`: deploys the CDK app, then pushes dags/. With --local first (npm run
// localstack:deploy) to an emulator, at AWS_ENDPOINT_URL or where LocalStack listens; --no-push leaves dags/ out.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const CDK = join(
  dirname(createRequire(import.meta.url).resolve("aws-cdk/package.json")),
  "bin/cdk",
);
/** An emulator that hangs is not waited for longer, in milliseconds. */
const LOCAL_TIMEOUT_MS = 300_000;
/** The account that emulators have. */
const LOCAL_ACCOUNT = "000000000000";

const given = process.argv.slice(2);
const isLocal = given.includes("--local");
const pushes = !given.includes("--no-push");
const options = given.filter((each) => each !== "--local" && each !== "--no-push");

if (isLocal) {
  // Not "localhost": the SDKs would put bucket names in front of it.
  process.env.AWS_ENDPOINT_URL ??= "http://127.0.0.1:4566";
  process.env.AWS_ACCESS_KEY_ID ??= "test";
  process.env.AWS_SECRET_ACCESS_KEY ??= "test";
  process.env.AWS_REGION ??= "us-east-1";
  process.env.AWS_DEFAULT_REGION ??= process.env.AWS_REGION;
}

if (isLocal) {
  run(CDK, "bootstrap", "--no-notices", `aws://${LOCAL_ACCOUNT}/${process.env.AWS_REGION}`);
  options.push("--require-approval", "never");
  // LocalStack fires rules, only stores the schedules of EventBridge Scheduler, and refuses dashboards.
  for (const context of ["schedules=rules", "monitoring=none", "removal=destroy"]) {
    const [key = ""] = context.split("=");
    if (!options.some((each) => each.startsWith(`${key}=`))) options.push("--context", context);
  }
}
run(CDK, "deploy", "--no-notices", ...options);
if (pushes) run("bin/stepwind.js", "push", "dags");

/** Runs one step with Node; ends this process with its exit code if it fails. */
function run(script: string, ...parameters: readonly string[]): void {
  const { status, signal } = spawnSync(process.execPath, [script, ...parameters], {
    cwd: ROOT,
    stdio: "inherit",
    ...(isLocal ? { timeout: LOCAL_TIMEOUT_MS, killSignal: "SIGKILL" } : {}),
  });
  if (status === 0) return;
  if (signal) console.error(`${script} ${parameters[0] ?? ""} did not end in time`);
  process.exit(status ?? 1);
}
