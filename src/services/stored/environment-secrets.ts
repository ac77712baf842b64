// Connections and variables from the environment, under Airflow's names and our own: AIRFLOW_CONN_…
// and STEPWIND_CONN_<ID> (a URI or JSON), AIRFLOW_VAR_… and STEPWIND_VAR_<KEY>. Airflow:
// secrets/environment_variables.py.
import { parseConnection } from "../../model/connections/connection-text.ts";
import type { Secrets } from "../../ports/secrets.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Looks at the environment at each call; ids and keys are put in upper case, nothing else of them
 * is changed. Where both names are set, ours counts.
 */
export function createEnvironmentSecrets(environment: Environment = process.env): Secrets {
  const find = (kind: "CONN" | "VAR", name: string) => {
    const end = `${kind}_${name.toUpperCase()}`;
    return environment[`STEPWIND_${end}`] ?? environment[`AIRFLOW_${end}`];
  };
  return {
    async getConnection(connId) {
      const text = find("CONN", connId);
      return text ? parseConnection(connId, text) : undefined;
    },
    getVariable: async (key) => find("VAR", key),
  };
}
