// `npm run test:clients`: Airflow's own clients against a server of ours. The Python client goes
// through every operation and checks each answer by its models; airflowctl runs its commands.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startServer } from "../e2e/server-process.ts";
import { installPrograms } from "../python-programs.ts";

const VERSIONS = { "apache-airflow-client": "3.3.2", "apache-airflow-ctl": "0.1.5" } as const;
const MAX_MS = 180_000;
const HERE = import.meta.dirname;

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Runs one of the programs here; its last line has the numbers. */
async function runProgram(
  bin: string,
  [program, url]: readonly [string, string],
  env: NodeJS.ProcessEnv,
): Promise<Counts> {
  const options = { env: { ...process.env, ...env }, timeout: MAX_MS };
  const output = await promisify(execFile)(join(bin, "python"), [join(HERE, program), url], options)
    .then(({ stdout, stderr }) => `${stdout}${stderr}`)
    .catch((error: { readonly stdout?: string; readonly stderr?: string }) => {
      return `${error.stdout ?? ""}${error.stderr ?? ""}` || String(error);
    });
  process.stdout.write(output);
  const [, passed = "0", failed = "1"] = /(\d+) passed, (\d+) failed/.exec(output) ?? [];
  return { passed: Number(passed), failed: Number(failed) };
}

const folder = await mkdtemp(join(tmpdir(), "stepwind-clients-"));
const bin = await installPrograms(VERSIONS);
const server = await startServer({ home: join(folder, "home"), dagsFolder: join(HERE, "dags") });
try {
  // airflowctl keeps its log-in in its home.
  const home = { AIRFLOW_HOME: join(folder, "airflowctl"), HOME: folder };
  const counts = [
    await runProgram(bin, ["every_operation.py", server.url], {}),
    await runProgram(bin, ["airflowctl_commands.py", server.url], home),
  ];
  const sum = (key: keyof Counts) => counts.reduce((total, each) => total + each[key], 0);
  process.stdout.write(`${sum("passed")} passed, ${sum("failed")} failed\n`);
  if (sum("failed") > 0) process.exitCode = 1;
} finally {
  await server.kill("SIGTERM");
  await rm(folder, { recursive: true, force: true });
}
