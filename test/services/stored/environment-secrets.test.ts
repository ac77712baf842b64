// The environment passes the contract of the secrets backend under Airflow's names.
import { expect, test } from "vitest";
import { createEnvironmentSecrets } from "../../../src/services/stored/environment-secrets.ts";
import { secretsContract } from "../../contract/secrets.ts";

secretsContract("environment", async ({ connections = {}, variables = {} }) => {
  const withPrefix = (prefix: string, texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([id, text]) => [`${prefix}${id.toUpperCase()}`, text]);
  return createEnvironmentSecrets(
    Object.fromEntries([
      ...withPrefix("AIRFLOW_CONN_", connections),
      ...withPrefix("AIRFLOW_VAR_", variables),
    ]),
  );
});

test("ids and keys are looked up in upper case, otherwise as they are", async () => {
  const secrets = createEnvironmentSecrets({
    "AIRFLOW_CONN_MY-DB.1": "postgres://h",
    AIRFLOW_VAR_REGION: "eu",
    AIRFLOW_CONN_EMPTY: "",
  });
  expect((await secrets.getConnection("my-Db.1"))?.connId).toBe("my-Db.1");
  expect(await secrets.getVariable("Region")).toBe("eu");
  expect(await secrets.getConnection("empty")).toBeUndefined();
});

// Parameter Store takes no empty text, so this is no part of the contract.
test("a variable may be empty", async () => {
  const secrets = createEnvironmentSecrets({ AIRFLOW_VAR_EMPTY: "" });
  expect(await secrets.getVariable("empty")).toBe("");
});
