// Where `stepwind mcp` gets its answers from: a server elsewhere with a token, under the caller's
// role, or what is recorded here.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../../e2e/server-process.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { stepwind } from "../captured-terminal.ts";
import { startAway } from "../remote/two-servers.ts";
import { startMcp } from "./mcp-client.ts";
import { createProject, placesOf } from "./mcp-project.ts";

test("a Viewer may look, and is told which permission a change takes", async () => {
  const { url, config } = await startAway("vic");
  const { call, refusal } = await startMcp(["--url", url], { env: { XDG_CONFIG_HOME: config } });
  expect((await call("list_dags")).total).toBe(3);
  for (const [name, input, permission] of [
    ["trigger_dag", { dag_id: "orders" }, "can_create on DAG Runs, can_edit on DAGs"],
    ["set_paused", { dag_id: "orders", is_paused: true }, "can_edit on DAGs"],
    ["list_connections", {}, "can_read on Connections"],
  ] as const) {
    expect(await refusal(name, input), name).toContain(`Forbidden: this needs ${permission}`);
  }
}, 60_000);

test("a token that is void is refused with what to do, and the next log-in counts at once", async () => {
  const { url, config, run } = await startAway();
  const env = { XDG_CONFIG_HOME: config };
  const { call, refusal } = await startMcp(["--url", url], { env });
  expect((await call("get_dag", { dag_id: "orders" })).dag_id).toBe("orders");
  const triggered = await call("trigger_dag", { dag_id: "orders", wait_seconds: 40 });
  expect(triggered).toMatchObject({ state: "success", triggered_by: "ann" });
  await run("revoke-tokens");
  const refused = await refusal("list_dags");
  expect(refused).toContain(`Log in again: npx stepwind login --url ${url}`);
  expect((await run("login", "-u", "ann")).code).toBe(0);
  expect((await call("list_dags")).total).toBe(3);
}, 60_000);

test("a server that is gone is said, and asked again when it is back", async () => {
  const places = placesOf(createProject());
  const first = await startServer(places);
  const port = new URL(first.url).port;
  const { call, refusal } = await startMcp(["--url", first.url]);
  expect((await call("get_status")).has_server).toBe(true);
  await first.kill("SIGKILL");
  expect(await refusal("list_dags")).toContain(`No server answers at ${first.url}`);
  const second = await startServer(places, "--port", port);
  onTestFinished(async () => void (await second.kill("SIGTERM")));
  expect((await call("list_dags")).total).toBe(3);
}, 60_000);

test("without a server it reads what is recorded, and leaves the folder free between calls", async () => {
  const folder = createProject();
  const { call } = await startMcp([], { cwd: folder });
  const [status, listed] = await Promise.all([call("get_status"), call("list_dags")]);
  expect(status.has_server).toBe(false);
  expect(listed.total).toBe(3);
  const run = await call("trigger_dag", { dag_id: "orders", wait_seconds: 5 });
  expect(run).toMatchObject({ state: "queued", remark: expect.stringContaining("No server runs") });
  expect((await stepwind(folder, "dags", "state", "orders")).out).toBe("queued\n");
  const server = await startServer(placesOf(folder));
  onTestFinished(async () => void (await server.kill("SIGTERM")));
  expect((await call("get_status")).has_server).toBe(true);
}, 60_000);

test("read-only, there is no tool that changes something", async () => {
  const { client } = await startMcp(["--read-only"], { cwd: createProject() });
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name).sort()).toEqual([
    "explain_failure",
    "explain_wait",
    "get_dag",
    "get_dag_source",
    "get_run",
    "get_status",
    "list_backfills",
    "list_connections",
    "list_dags",
    "list_import_errors",
    "list_runs",
    "read_log",
    "test_connection",
  ]);
}, 30_000);

test("two places at once, or a server that is no server, are refused", async () => {
  const both = await stepwind(temporaryFolder(), "mcp", "--url", "http://x", "--home", "y");
  expect(both.code).toBe(2);
  const { refusal } = await startMcp(["--url", "http://127.0.0.1:1"]);
  expect(await refusal("get_status")).toContain("No server answers");
}, 30_000);

test("nothing but the command loads the SDK", () => {
  const root = join(import.meta.dirname, "../../..");
  const files = globSync("{src,functions,infra}/**/*.ts", { cwd: root });
  const using = files.filter((file) => {
    return readFileSync(join(root, file), "utf8").includes('from "@modelcontextprotocol/');
  });
  expect(using.every((file) => file.startsWith("src/cli/commands/mcp/"))).toBe(true);
  const index = readFileSync(join(root, "src/cli/commands/mcp/index.ts"), "utf8");
  expect(index.match(/^import .*/gm)?.filter((line) => !line.includes("import type"))).toEqual([
    'import { placesOf, type Session } from "../../session.ts";',
  ]);
});
