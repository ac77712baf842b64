// /connections/test and /connections/enqueue-test: off unless the deployment allows them.
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createApiServer } from "../../../src/api/api-server.ts";
import { complaints } from "../airflow-document.ts";
import { createApiProduct } from "../api-product.ts";

async function setUp({ testsConnections = true } = {}) {
  const { platform, services, metadata } = await createApiProduct();
  const app = createApiServer(platform, services, { testsConnections });
  const send = async (
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const response = await app.request(`/api/v2${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = JSON.parse(await response.text());
    const { status } = response;
    expect(complaints(path, method.toLowerCase(), status, answer), path).toEqual([]);
    return { status, body: answer };
  };
  const server = createServer((socket) => void socket.destroy());
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const ssh = { connection_id: "box", conn_type: "ssh", host: "127.0.0.1", port };
  return { send, ssh, metadata };
}

const HEADER = "Airflow-Connection-Test-Token";

test("a deployment that doesn't allow tests answers as Airflow then does", async () => {
  const { send, ssh } = await setUp({ testsConnections: false });
  for (const path of ["/connections/test", "/connections/enqueue-test"]) {
    expect(await send("POST", path, { body: ssh })).toEqual({
      status: 403,
      body: {
        detail:
          "Testing connections is disabled in Airflow configuration. Contact your deployment admin to enable it.",
      },
    });
  }
});

test("a connection is tested as it is given, or with what is stored of it", async () => {
  const { send, ssh } = await setUp();
  const { body } = await send("POST", "/connections/test", { body: ssh });
  expect(body).toEqual({ status: true, message: `Connected to 127.0.0.1 at port ${ssh.port}` });
  await send("POST", "/connections", { body: { ...ssh, password: "pa55w0rd" } });
  const partly = { connection_id: "box", conn_type: "ssh", password: "***" };
  expect((await send("POST", "/connections/test", { body: partly })).body.status).toBe(true);
  const wrong = { ...partly, host: "pa55w0rd.invalid" };
  const failed = (await send("POST", "/connections/test", { body: wrong })).body;
  expect(failed.status).toBe(false);
  expect(failed.message).not.toContain("pa55w0rd");
});

test("an enqueued test has a token for its result, and stores the connection if it is to", async () => {
  const { send, ssh, metadata } = await setUp();
  const enqueue = (body: object) => send("POST", "/connections/enqueue-test", { body });
  const asked = await enqueue(ssh);
  expect(asked).toMatchObject({ status: 202, body: { connection_id: "box", state: "success" } });
  const { token } = asked.body;
  const look = (value: string) =>
    send("GET", "/connections/enqueue-test", { headers: { [HEADER]: value } });
  expect((await look(token)).body).toMatchObject({
    token,
    connection_id: "box",
    state: "success",
    result_message: expect.stringContaining("Connected"),
  });
  expect(await metadata.connections.get("box")).toBeUndefined();
  await enqueue({ ...ssh, commit_on_success: true });
  expect(await metadata.connections.get("box")).toMatchObject({ host: "127.0.0.1" });
  // A later test has taken its place.
  expect((await look(token)).status).toBe(404);
  expect((await look("nonsense")).body.detail).toBe(
    "No connection test found for token: `nonsense`",
  );
  expect((await send("GET", "/connections/enqueue-test")).status).toBe(422);
  const other = await enqueue({ ...ssh, executor: "CeleryExecutor" });
  expect(other.status).toBe(422);
});

test("one connection is tested by one test at a time, and one that died doesn't hold up others", async () => {
  const { send, ssh, metadata } = await setUp();
  const running = { connId: "box", token: "t", state: "running" } as const;
  await metadata.connectionTests.put({ ...running, createdAt: "2026-01-31T11:59:45.000Z" });
  const refused = await send("POST", "/connections/enqueue-test", { body: ssh });
  expect(refused).toEqual({
    status: 409,
    body: { detail: "An active connection test already exists for connection_id `box`." },
  });
  await metadata.connectionTests.put({ ...running, createdAt: "2026-01-31T11:59:00.000Z" });
  expect((await send("POST", "/connections/enqueue-test", { body: ssh })).status).toBe(202);
});
