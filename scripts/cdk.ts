// Runs the CDK on this project's app, and the stepwind command beside it, for the scripts that
// deploy and destroy. With --local first they work on an emulator, at AWS_ENDPOINT_URL or where
// LocalStack listens.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const CDK = join(
  dirname(createRequire(import.meta.url).resolve("aws-cdk/package.json")),
  "bin/cdk",
);
/** An emulator that hangs is not waited for longer, in milliseconds. */
const LOCAL_TIMEOUT_MS = 600_000;
/** The account that emulators have. */
const LOCAL_ACCOUNT = "000000000000";

export interface Target {
  /** Whether it is an emulator. */
  readonly isLocal: boolean;
  /** Of the deployment. */
  readonly stack: string;
  /** Of the CDK. */
  readonly options: readonly string[];
}

/**
 * Reads a script's options; `own` are those that aren't for the CDK. Sets the environment that an
 * emulator needs.
 */
export function readTarget(given: readonly string[], own: readonly string[]): Target {
  const isLocal = given.includes("--local");
  const options = given.filter((each) => each !== "--local" && !own.includes(each));
  if (isLocal) {
    // Not "localhost": the SDKs would put bucket names in front of it.
    process.env.AWS_ENDPOINT_URL ??= "http://127.0.0.1:4566";
    process.env.AWS_ACCESS_KEY_ID ??= "test";
    process.env.AWS_SECRET_ACCESS_KEY ??= "test";
    process.env.AWS_REGION ??= "us-east-1";
    process.env.AWS_DEFAULT_REGION ??= process.env.AWS_REGION;
    // LocalStack fires rules, only stores the schedules of EventBridge Scheduler, and refuses
    // dashboards.
    for (const context of ["schedules=rules", "monitoring=none", "removal=destroy"]) {
      const [key = ""] = context.split("=");
      if (!options.some((each) => each.startsWith(`${key}=`))) options.push("--context", context);
    }
  }
  const named = options.find((each) => each.startsWith("stack="));
  return { isLocal, stack: named?.slice("stack=".length) ?? "Stepwind", options };
}

/**
 * Prepares the account of an emulator for the CDK; from a folder without cdk.json, so that no app
 * is made for it.
 */
export function bootstrap(target: Target): void {
  const account = `aws://${LOCAL_ACCOUNT}/${process.env.AWS_REGION}`;
  run({ ...target, folder: import.meta.dirname }, CDK, "bootstrap", "--no-notices", account);
}

/** Ends this process with the command's exit code if it fails. */
export function cdk(target: Target, command: string, ...options: readonly string[]): void {
  run(target, CDK, command, "--no-notices", ...target.options, ...options);
}

/** Ends this process with the command's exit code if it fails. */
export function stepwind(target: Target, ...parameters: readonly string[]): void {
  run(target, "bin/stepwind.js", ...parameters, "--stack", target.stack);
}

function run(
  { isLocal, folder = ROOT }: Target & { readonly folder?: string },
  script: string,
  ...parameters: readonly string[]
): void {
  const { status, signal } = spawnSync(process.execPath, [script, ...parameters], {
    cwd: folder,
    stdio: "inherit",
    ...(isLocal ? { timeout: LOCAL_TIMEOUT_MS, killSignal: "SIGKILL" } : {}),
  });
  if (status === 0) return;
  if (signal) console.error(`${script} ${parameters[0] ?? ""} did not end in time`);
  process.exit(status ?? 1);
}
