// Secrets in connections, variables, params and the environment, and DAGs that print, return and
// throw them: nothing that people can read has them in clear.
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type LiveProduct, startProduct } from "../live-product.ts";

const SECRETS = {
  storedPassword: "stored-pa55w0rd/1",
  storedExtra: "stored-extra-t0ken",
  storedVariable: "stored-vari4ble-key",
  environmentPassword: "env-pa55w0rd+2",
  environmentVariable: "env-vari4ble-key",
  environment: "env-pl4in-value",
  param: "par4m-s3cret-value",
} as const;
/** Also in the forms that URLs and JSON give them. */
const FORMS = Object.values(SECRETS).flatMap((text) => [text, encodeURIComponent(text)]);

const DAG = `
import { Dag, getClient, getContext } from "stepwind";
import { bash } from "stepwind/operators";

export const dag = new Dag("leaky", { schedule: null, params: { api_token: "", rows: 5 } });

async function gather() {
  const client = getClient();
  const stored = await client.getConnectionOrThrow("stored");
  const environment = await client.getConnectionOrThrow("from_env");
  return {
    stored,
    environment,
    variable: await client.getVariable("stored_api_key"),
    fromEnv: await client.getVariable("env_api_key"),
    plain: process.env.MY_SERVICE_TOKEN,
    params: getContext().params,
  };
}

dag.task("print", async () => {
  const all = await gather();
  console.log(JSON.stringify(all));
  console.error(all.stored.password, encodeURIComponent(all.environment.password));
  process.stdout.write(String(all.variable) + String(all.fromEnv) + String(all.plain) + "\\n");
  getContext().log.warning(String(all.params.api_token));
  console.log(JSON.stringify(process.env));
})();
dag.task("give", async () => gather())();
dag.task("fail", async () => {
  const all = await gather();
  throw new Error("can't log in: " + JSON.stringify(all), { cause: new Error(all.stored.password) });
})();
dag.task("render", bash({
  bashCommand: "echo {{ var.value.stored_api_key }} {{ conn.stored.password }} {{ params.api_token }}",
}))();
`;

let product: LiveProduct;
let slack: ReturnType<typeof createServer>;
const posts: string[] = [];

beforeAll(async () => {
  slack = createServer((request, response) => {
    request.on("data", (data) => void posts.push(String(data)));
    request.on("end", () => void response.end("ok"));
  });
  await new Promise<void>((resolve) => void slack.listen(0, "127.0.0.1", resolve));
  const { port } = slack.address() as AddressInfo;
  const { environmentPassword, environmentVariable, environment } = SECRETS;
  const password = encodeURIComponent(environmentPassword);
  vi.stubEnv("AIRFLOW_CONN_FROM_ENV", `postgres://etl:${password}@db/public`);
  vi.stubEnv("STEPWIND_VAR_ENV_API_KEY", environmentVariable);
  vi.stubEnv("MY_SERVICE_TOKEN", environment);
  product = await startProduct();
  await product.ask("/connections", {
    connection_id: "stored",
    conn_type: "http",
    login: "etl",
    password: SECRETS.storedPassword,
    extra: JSON.stringify({ access_token: SECRETS.storedExtra, region: "eu" }),
  });
  await product.ask("/connections", {
    connection_id: "slack_default",
    conn_type: "slackwebhook",
    password: `http://127.0.0.1:${port}/hook`,
  });
  await product.ask("/variables", { key: "stored_api_key", value: SECRETS.storedVariable });
  product.write("leaky.ts", DAG);
  await product.isLive("leaky");
  await product.ask("/dags/leaky/dagRuns", {
    logical_date: null,
    dag_run_id: "one",
    conf: { api_token: SECRETS.param },
  });
  expect(await product.ended("leaky", "one")).toBe("failed");
  await vi.waitFor(() => expect(posts.join()).toContain("fail"), { timeout: 20_000 });
}, 90_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await product?.close();
  slack?.close();
});

function leaks(text: string): readonly string[] {
  return FORMS.filter((form) => text.includes(form));
}

test("the tasks have had the secrets, and what was no secret is shown", async () => {
  const states = await Promise.all(
    ["print", "give", "fail", "render"].map(async (taskId) => {
      const { state } = await product.task("leaky", "one", taskId);
      return [taskId, state];
    }),
  );
  expect(Object.fromEntries(states)).toEqual({
    print: "success",
    give: "success",
    fail: "failed",
    render: "success",
  });
  const text = (await product.log("leaky", "one", "print")).join("\n");
  expect(text).toContain("***");
  expect(text).toContain('"login":"etl"');
  expect(text).toContain('"rows":5');
});

test("no log has one", () => {
  for (const file of filesBelow(join(product.home, "logs"))) {
    expect(leaks(readFileSync(file, "latin1")), file).toEqual([]);
  }
});

test("no answer of the API has one: of runs, instances, rendered fields, XComs, logs, events", async () => {
  const run = "/dags/leaky/dagRuns/one";
  const instances = `${run}/taskInstances`;
  const asked = [
    "/dags/leaky/dagRuns",
    run,
    instances,
    "/connections",
    "/connections/stored",
    "/variables",
    "/variables/stored_api_key",
    "/eventLogs",
    "/dags/leaky/details",
    ...["print", "give", "fail", "render"].flatMap((task) => [
      `${instances}/${task}`,
      `${instances}/${task}/tries`,
      `${instances}/${task}/logs/1`,
      `${instances}/${task}/xcomEntries`,
    ]),
    `${instances}/give/xcomEntries/return_value`,
    `${instances}/give/xcomEntries/return_value?stringify=true`,
    `${instances}/render/xcomEntries/return_value`,
  ];
  for (const path of asked) {
    const text = JSON.stringify(await product.ask(path));
    expect(leaks(text), path).toEqual([]);
  }
  const waited = await fetch(
    `${product.url}/api/v2${run}/wait?interval=1&result=give&result=render`,
  );
  const lines = await waited.text();
  expect(lines).toContain('"results"');
  expect(leaks(lines)).toEqual([]);
  const rendered = await product.task("leaky", "one", "render");
  expect(rendered.rendered_fields.bash_command).toBe("echo *** *** ***");
  const given = await product.ask(`${instances}/give/xcomEntries/return_value`);
  expect(given.value).toMatchObject({
    variable: "***",
    stored: { login: "etl", password: "***", extra: '{"access_token":"***","region":"eu"}' },
    params: { api_token: "***", rows: 5 },
  });
});

test("no notification and no report of the server has one", () => {
  expect(posts.join("\n")).toContain("can't log in");
  expect(leaks(posts.join("\n"))).toEqual([]);
  expect(leaks(product.reports.join("\n"))).toEqual([]);
});

test("the database has none but what the run was given, and what tasks returned", () => {
  // As in Airflow, a run's conf and XComs are stored as they are: tasks work with them, and runs are
  // found by their conf.
  const confs = ["dag_runs", "run_facts"].map((table) => `${table}: ${SECRETS.param}`);
  const allowed = (each: string) => /^xcoms: /.test(each) || confs.includes(each);
  const db = new DatabaseSync(join(product.home, "metadata.db"), { readOnly: true });
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const leaking = tables.flatMap(({ name }) => {
    const text = JSON.stringify(db.prepare(`SELECT * FROM "${String(name)}"`).all());
    return leaks(text).map((form) => `${String(name)}: ${form}`);
  });
  db.close();
  expect(tables.length).toBeGreaterThan(10);
  expect(leaking).toContain(`dag_runs: ${SECRETS.param}`);
  expect(leaking.filter((each) => !allowed(each))).toEqual([]);
});

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
