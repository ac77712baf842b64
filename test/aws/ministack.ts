// An AWS emulator for tests: whatever AWS_ENDPOINT_URL names, or else MiniStack from PyPI,
// installed once per machine and started on a free port of its own.
import { execFile, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const VERSION = "1.5.33";
const START_SECONDS = 120;
/** How long a server that was asked to end may take. */
const STOP_MS = 5_000;

export interface Emulator {
  /** Such as "http://127.0.0.1:4566". */
  readonly endpoint: string;
  /** What the AWS SDKs, the AWS CLI and the CDK need to reach it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends what was started; one that was there before goes on. Repeating is safe. */
  stop(): Promise<void>;
}

/** Starts MiniStack with empty services, unless AWS_ENDPOINT_URL names an emulator. */
export async function startEmulator(): Promise<Emulator> {
  const given = process.env.AWS_ENDPOINT_URL;
  if (given) return { endpoint: given, environment: environmentFor(given), stop: async () => {} };
  return startMiniStack(await installMiniStack());
}

/** Whether it is MiniStack that AWS_ENDPOINT_URL names: it has all that is deployed on AWS. */
export async function isMiniStack(endpoint = process.env.AWS_ENDPOINT_URL): Promise<boolean> {
  return (await fetch(`${endpoint}/_ministack/health`)).ok;
}

function environmentFor(endpoint: string): Readonly<Record<string, string>> {
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? "us-east-1";
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? "test",
    AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? "test",
  };
}

/** Installs it beside the other temporary files of the machine; answers its Python. */
async function installMiniStack(): Promise<string> {
  const folder = join(tmpdir(), `stepwind-ministack-${VERSION}`);
  const python = join(folder, "bin", "python");
  if (existsSync(python)) return python;
  // Made aside and moved into place whole, so that several may do this at the same time.
  const making = await mkdtemp(`${folder}-`);
  const run = promisify(execFile);
  try {
    await run("python3", ["-m", "venv", making]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await run(join(making, "bin", "python"), [...pip, `ministack==${VERSION}`]);
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    if (!existsSync(python)) {
      throw new Error(
        `MiniStack ${VERSION} could not be installed; it needs python3 with venv and PyPI. ` +
          "Set AWS_ENDPOINT_URL to use an emulator that runs already",
        { cause: error },
      );
    }
  }
  return python;
}

async function startMiniStack(python: string): Promise<Emulator> {
  const port = await findFreePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), "stepwind-emulator-"));
  const logFile = join(folder, "ministack.log");
  const log = openSync(logFile, "a");
  const server = spawn(python, ["-m", "ministack"], {
    cwd: folder,
    // A process group of its own, so that the processes of its Lambdas end with it.
    detached: true,
    stdio: ["ignore", log, log],
    env: {
      ...process.env,
      ...environmentFor(endpoint),
      // Its Lambdas run on the first Node in the path, which is to be this one.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      TMPDIR: folder,
      GATEWAY_PORT: String(port),
      BIND_HOST: "127.0.0.1",
      LAMBDA_WARM_TTL_SECONDS: "30",
    },
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    server.once("exit", () => resolve());
    server.once("error", () => resolve());
  });
  const kill = (signal: NodeJS.Signals) => {
    if (server.pid === undefined) return;
    try {
      process.kill(-server.pid, signal);
    } catch {
      // It has ended by itself.
    }
  };
  const killAtExit = () => kill("SIGKILL");
  process.once("exit", killAtExit);

  async function stop(): Promise<void> {
    process.off("exit", killAtExit);
    kill("SIGTERM");
    await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
    kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  }

  const isHealthy = () =>
    fetch(`${endpoint}/_ministack/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (const until = Date.now() + START_SECONDS * 1_000; !(await isHealthy()); await sleep(100)) {
    if (server.exitCode === null && server.pid !== undefined && Date.now() < until) continue;
    const told = readFileSync(logFile, "utf8").slice(-2_000);
    await stop();
    throw new Error(`MiniStack did not start on port ${port}:\n${told}`);
  }
  return { endpoint, environment: environmentFor(endpoint), stop };
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new Error("no free port"));
      });
    });
  });
}
