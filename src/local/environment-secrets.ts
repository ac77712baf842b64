// Connections and variables from the environment, under Airflow's names: AIRFLOW_CONN_<ID> (a URI
// or JSON) and AIRFLOW_VAR_<KEY>. Airflow: secrets/environment_variables.py.
import { parseConnection } from "../model/values/connection-text.ts";
import type { Secrets } from "../ports/secrets.ts";

/**
 * Looks at the environment at each call; ids and keys are put in upper case, nothing else of them
 * is changed.
 */
export function createEnvironmentSecrets(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Secrets {
  return {
    async getConnection(connId) {
      const text = environment[`AIRFLOW_CONN_${connId.toUpperCase()}`];
      return text ? parseConnection(connId, text) : undefined;
    },
    async getVariable(key) {
      return environment[`AIRFLOW_VAR_${key.toUpperCase()}`];
    },
  };
}
