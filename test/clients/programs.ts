// Airflow's own clients as programs: every operation of the Python client, commands of airflowctl.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { installPrograms } from "../python-programs.ts";

const VERSIONS = { "apache-airflow-client": "3.3.2", "apache-airflow-ctl": "0.1.5" } as const;
const HERE = import.meta.dirname;

/** The DAGs that they ask for. */
export const CLIENT_DAGS = join(HERE, "dags");

export interface ClientsResult {
  readonly passed: number;
  readonly failed: number;
  /** What they have printed. */
  readonly output: string;
}

export interface Server {
  /** Its address, without "/" at the end. */
  readonly url: string;
  /** Absent where there is no log-in. */
  readonly token?: string;
  /** Whether it answers what its settings are (Airflow: api.expose_config). */
  readonly exposesConfig: boolean;
  /** Seconds until a run must have ended. */
  readonly patience: number;
}

/** Each after the other, on DAGs that are there already. */
export async function runClients({ url, token, ...server }: Server): Promise<ClientsResult> {
  const bin = await installPrograms(VERSIONS);
  const folder = await mkdtemp(join(tmpdir(), "stepwind-clients-"));
  const env = {
    ...process.env,
    CLIENTS_EXPOSE_CONFIG: String(server.exposesConfig),
    CLIENTS_PATIENCE: String(server.patience),
    // airflowctl keeps its log-in in its home.
    AIRFLOW_HOME: join(folder, "airflowctl"),
    HOME: folder,
  };
  const run = async (program: string): Promise<string> => {
    const args = [join(HERE, program), url, ...(token === undefined ? [] : [token])];
    const options = { env, timeout: 5 * server.patience * 1_000 };
    return promisify(execFile)(join(bin, "python"), args, options)
      .then(({ stdout, stderr }) => `${stdout}${stderr}`)
      .catch((error: { readonly stdout?: string; readonly stderr?: string }) => {
        return `${error.stdout ?? ""}${error.stderr ?? ""}` || String(error);
      });
  };
  try {
    const outputs = [await run("every_operation.py"), await run("airflowctl_commands.py")];
    const numbers = outputs.map((output) => /(\d+) passed, (\d+) failed/.exec(output));
    const sum = (index: 1 | 2, absent: number) =>
      numbers.reduce((total, found) => total + Number(found?.[index] ?? absent), 0);
    return { passed: sum(1, 0), failed: sum(2, 1), output: outputs.join("") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
