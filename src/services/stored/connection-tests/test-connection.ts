// Tests a connection by really connecting to what it names (Airflow: hooks' test_connection).
import type { ConnectionFields } from "../../../model/connections/connection-fields.ts";
import { toConnection } from "../../../model/connections/connection-fields.ts";
import { createSecretMasker } from "../../../model/connections/secret-masker.ts";

export interface ConnectionTestResult {
  readonly status: boolean;
  /** Without the connection's secrets. */
  readonly message: string;
}

/** Answers what was found; throws what is wrong. */
export type Probe = (connection: ConnectionFields, signal: AbortSignal) => Promise<string>;

/** A test that takes longer has failed. */
const TIMEOUT_MS = 10_000;

type Loader = () => Promise<Probe>;

const http: Loader = async () => (await import("./probe-http.ts")).probeHttp;
const postgres: Loader = async () => (await import("./probe-databases.ts")).probePostgres;
const mysql: Loader = async () => (await import("./probe-databases.ts")).probeMysql;
const aws: Loader = async () => (await import("./probe-aws.ts")).probeAws;
const tcp: Loader = async () => (await import("./probe-tcp.ts")).probeTcp;

/** By connection type; others are tested by TCP where they have a host. */
const PROBES: Readonly<Record<string, Loader>> = {
  http,
  https: http,
  postgres,
  redshift: postgres,
  mysql,
  aws,
};

/** Never rejects. Takes ten seconds at most. */
export async function testConnection(connection: ConnectionFields): Promise<ConnectionTestResult> {
  const masker = createSecretMasker();
  masker.addConnection(toConnection(connection));
  try {
    const probe = await (PROBES[connection.connType] ?? tcp)();
    const message = await probe(connection, AbortSignal.timeout(TIMEOUT_MS));
    return { status: true, message: masker.mask(message) };
  } catch (problem) {
    return { status: false, message: masker.mask(describe(problem)) };
  }
}

/** What fetch throws says nothing by itself; its cause does. */
function describe(problem: unknown): string {
  if (!(problem instanceof Error)) return String(problem);
  if (problem.name === "TimeoutError" || problem.name === "AbortError") {
    return `No answer within ${TIMEOUT_MS / 1_000} seconds`;
  }
  const { cause } = problem;
  return cause instanceof Error ? `${problem.message}: ${cause.message}` : problem.message;
}
