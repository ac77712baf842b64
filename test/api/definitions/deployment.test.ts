// What the API says of the deployment: its settings, its components, what it doesn't have.
import { expect, test } from "vitest";
import { createApiServer } from "../../../src/api/api-server.ts";
import { localSettings } from "../../../src/local/local-settings.ts";
import { createApiProduct } from "../api-product.ts";

test("settings are shown by section, and secrets hidden", async () => {
  const { ask, app } = await createApiProduct();
  const webhook = { key: "webhook", value: "< hidden >" };
  expect((await ask("/config")).body.sections).toEqual([
    {
      name: "core",
      options: [
        { key: "parallelism", value: "32" },
        { key: "dags_folder", value: "/dags" },
      ],
    },
    { name: "slack", options: [webhook] },
  ]);
  expect((await ask("/config/section/slack/option/webhook")).body.sections).toEqual([
    { name: "slack", options: [webhook] },
  ]);
  const text = await app.request("/api/v2/config", { headers: { accept: "text/plain" } });
  expect(await text.text()).toBe(
    "[core]\nparallelism = 32\ndags_folder = /dags\n\n[slack]\nwebhook = < hidden >\n",
  );
});

test("a deployment that doesn't expose its settings answers as Airflow does", async () => {
  const { platform, services } = await createApiProduct();
  const app = createApiServer(platform, services);
  for (const path of ["/config", "/config/section/core/option/parallelism"]) {
    const answer = await app.request(`/api/v2${path}`);
    expect([answer.status, await answer.json()]).toEqual([
      403,
      {
        detail:
          "Your Airflow administrator chose not to expose the configuration, " +
          "most likely for security reasons.",
      },
    ]);
  }
});

test("a machine's own settings have Airflow's names", () => {
  const options = { home: "/h", dagsFolder: "/d", dagsArePausedAtCreation: true };
  const settings = localSettings(options, { slackWebhook: "https://slack.test" });
  const found = Object.fromEntries(
    settings.map(({ section, option, value }) => [`${section}.${option}`, value]),
  );
  expect(found).toMatchObject({
    "core.dags_folder": "/d",
    "core.parallelism": "32",
    "core.dags_are_paused_at_creation": "True",
    "api.port": "8080",
    "stepwind.home": "/h",
  });
  const secrets = settings.filter(({ isSensitive }) => isSensitive);
  expect(secrets.map(({ option }) => option)).toEqual(["webhook"]);
});

test("a component that lives elsewhere is a job from its first heartbeat on", async () => {
  const { platform, services, metadata } = await createApiProduct();
  const app = createApiServer(platform, services, { heartbeatSeconds: 60 });
  const jobs = async (query = "") => {
    const answer = await app.request(`/api/v2/jobs${query}`);
    const { jobs: found }: { readonly jobs: unknown } = JSON.parse(await answer.text());
    return found;
  };
  expect(await jobs()).toEqual([]);
  await metadata.heartbeats.put({ component: "scheduler", at: "2026-01-31T11:59:30.000Z" });
  await metadata.heartbeats.put({ component: "dag_processor", at: "2026-01-31T11:00:00.000Z" });
  expect(await jobs("?is_alive=true")).toMatchObject([
    { job_type: "SchedulerJob", state: "running", latest_heartbeat: "2026-01-31T11:59:30Z" },
  ]);
  expect(await jobs("?is_alive=false")).toMatchObject([
    { job_type: "DagProcessorJob", state: "failed" },
  ]);
});

test("a backfill is also paused, unpaused and cancelled by POST, as airflowctl asks for it", async () => {
  const { ask } = await createApiProduct();
  const created = await ask("/backfills", {
    body: { dag_id: "etl", from_date: "2026-01-10T00:00:00Z", to_date: "2026-01-12T00:00:00Z" },
  });
  const { id } = created.body;
  const change = async (word: string) =>
    (await ask(`/backfills/${id}/${word}`, { method: "POST" })).body;
  expect((await change("pause")).is_paused).toBe(true);
  expect((await change("unpause")).is_paused).toBe(false);
  expect((await change("cancel")).completed_at).not.toBeNull();
});
