// Whether the API tests connections, which makes it call any address that a caller names. Off
// unless the deployment says so, as in Airflow (core.test_connection).

/** By Airflow's variable or ours; ours counts where both are set. Any word but "Enabled" is a no. */
export function testsConnections(
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const { STEPWIND_TEST_CONNECTION: own, AIRFLOW__CORE__TEST_CONNECTION: airflow } = environment;
  return (own ?? airflow)?.trim().toLowerCase() === "enabled";
}
