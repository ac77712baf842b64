// Airflow's own clients go through every operation of the deployment's API, as npm run test:clients has
// them do with a server on one machine.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { CLIENT_DAGS, runClients } from "../../../clients/programs.ts";
import { openCloud } from "../cloud.ts";
import { PASSWORD } from "../deployed-stack.ts";
import { callFunction, reachableAddress } from "../endpoints/function-url.ts";

/** Seconds. Lambdas start as processes on this machine. */
const PATIENCE = 150;

test("every operation answers as Airflow's clients take it", { timeout: 600_000 }, async () => {
  const cloud = openCloud();
  for (const file of readdirSync(CLIENT_DAGS)) {
    await cloud.upload(`clients/${file}`, readFileSync(join(CLIENT_DAGS, file), "utf8"));
  }
  for (const dagId of ["etl", "consumer", "asked", "slow", "removed"]) await cloud.dagWhen(dagId);
  const { apiUrl } = inject("deployed");
  const body = { username: "admin", password: PASSWORD };
  const { body: made } = await callFunction(apiUrl, "/auth/token", { body });
  const began = performance.now();
  const result = await runClients({
    url: (await reachableAddress(apiUrl)).replace(/\/$/, ""),
    token: made.access_token,
    exposesConfig: false,
    patience: PATIENCE,
  });
  const seconds = Math.round((performance.now() - began) / 1_000);
  console.log(`Airflow's clients against the deployment: ${result.passed} passed in ${seconds} s`);
  expect(result.failed, result.output).toBe(0);
  expect(result.passed).toBeGreaterThan(130);
});
