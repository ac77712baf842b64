// Connections and variables in SSM Parameter Store: <prefix>/connections/<id> and
// <prefix>/variables/<key>, whose values have the form of Airflow's environment variables (a URI or
// JSON, and any text).
import { GetParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { parseConnection } from "../model/connections/connection-text.ts";
import type { Clock } from "../ports/platform.ts";
import type { Secrets } from "../ports/secrets.ts";
import { orUndefined } from "./errors.ts";

export interface SsmSecretsOptions {
  readonly client: SSMClient;
  /** Path in front of the names, without "/" at its end. */
  readonly prefix: string;
  /**
   * Seconds for which an answer is kept, also that there is none; 60 when absent. SSM takes some 40
   * calls a second.
   */
  readonly keptFor?: number;
  readonly clock?: Pick<Clock, "now">;
}

/** Parameters are read at the first use and again when they are older than `keptFor`. */
export function createSsmSecrets({
  client,
  prefix,
  keptFor = 60,
  clock = Date,
}: SsmSecretsOptions): Secrets {
  const kept = new Map<
    string,
    { readonly until: number; readonly text: Promise<string | undefined> }
  >();

  async function read(path: string): Promise<string | undefined> {
    const name = `${prefix}/${path}`;
    if (!isParameterName(name)) return undefined;
    const get = client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    return (await orUndefined(get, "ParameterNotFound"))?.Parameter?.Value;
  }

  function readKept(path: string): Promise<string | undefined> {
    const now = clock.now();
    const known = kept.get(path);
    if (known && now < known.until) return known.text;
    const text = read(path);
    text.catch(() => kept.delete(path));
    kept.set(path, { until: now + keptFor * 1_000, text });
    return text;
  }

  return {
    async getConnection(connId) {
      const text = await readKept(`connections/${connId}`);
      return text ? parseConnection(connId, text) : undefined;
    },
    getVariable: (key) => readKept(`variables/${key}`),
  };
}

/**
 * SSM refuses other names, so nothing can be stored under them: letters, digits, `_.-`, at most 15
 * levels, 1,011 long.
 */
function isParameterName(name: string): boolean {
  return name.length <= 1_011 && /^(?:\/[A-Za-z0-9_.-]+){1,15}$/.test(name);
}
