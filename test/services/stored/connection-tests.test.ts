// A test of a connection really connects: to servers that this test starts, and to ports where
// nothing is.
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ConnectionFields } from "../../../src/model/connections/connection-fields.ts";
import { testConnection } from "../../../src/services/stored/connection-tests/test-connection.ts";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Answers each connection. */
function serve(talk: (socket: Socket) => void): Promise<number> {
  return listen(
    createServer((socket) => {
      socket.on("error", () => {});
      onTestFinished(() => void socket.destroy());
      talk(socket);
    }),
  );
}

const of = (connType: string, fields: Partial<ConnectionFields> = {}): ConnectionFields => ({
  connId: "c",
  connType,
  host: "127.0.0.1",
  ...fields,
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("HTTP is asked with login and headers, and a refusal fails", async () => {
  const seen: Record<string, unknown>[] = [];
  const server = createHttpServer((request, response) => {
    seen.push({ url: request.url, ...request.headers });
    response.statusCode = request.headers["x-key"] === "k3y-1" ? 204 : 403;
    response.end();
  });
  const port = await listen(server);
  const extra = '{"x-key": "k3y-1", "timeout": 5, "headers": {"x-more": "m"}}';
  const good = of("http", { port, login: "ann", password: "pa55w0rd", extra });
  expect(await testConnection(good)).toEqual({
    status: true,
    message: "Connection successfully tested",
  });
  const authorization = `Basic ${Buffer.from("ann:pa55w0rd").toString("base64")}`;
  expect(seen[0]).toMatchObject({ url: "/", authorization, "x-key": "k3y-1", "x-more": "m" });
  expect(seen[0]).not.toHaveProperty("timeout");
  expect(await testConnection(of("http", { port }))).toEqual({
    status: false,
    message: "403: Forbidden",
  });
  const whole = of("http", { host: `http://127.0.0.1:${port}/path`, extra });
  expect((await testConnection(whole)).status).toBe(true);
  expect(seen.at(-1)).toMatchObject({ url: "/path" });
});

describe("databases", () => {
  test("PostgreSQL answers the question for TLS", async () => {
    const asked: Buffer[] = [];
    const port = await serve((socket) => {
      socket.on("data", (data) => {
        asked.push(data);
        socket.write(asked.length === 1 ? "S" : "N");
      });
    });
    expect(await testConnection(of("postgres", { port }))).toEqual({
      status: true,
      message: "A PostgreSQL server answers, with TLS; who logs in was not checked",
    });
    expect(asked[0]?.toString("hex")).toBe("0000000804d2162f");
    expect((await testConnection(of("postgres", { port }))).message).toContain("without TLS");
  });

  test("MySQL says its version, or why it refuses", async () => {
    const packets = [
      Buffer.concat([Buffer.from([14, 0, 0, 0, 10]), Buffer.from("8.4.1\0"), Buffer.alloc(7)]),
      Buffer.concat([Buffer.from([15, 0, 0, 0, 0xff, 1, 4]), Buffer.from("too many now")]),
    ];
    const port = await serve((socket) => {
      const packet = packets.shift() ?? Buffer.from("SSH-2.0-x\r\n");
      // In parts, as a network may bring it.
      socket.write(packet.subarray(0, 2));
      setTimeout(() => socket.write(packet.subarray(2)), 10);
    });
    const connection = of("mysql", { port });
    expect(await testConnection(connection)).toMatchObject({
      status: true,
      message: expect.stringContaining("MySQL 8.4.1 answers"),
    });
    expect(await testConnection(connection)).toEqual({
      status: false,
      message: "MySQL refuses: too many now",
    });
    expect(await testConnection(connection)).toEqual({
      status: false,
      message: "What answers there is not a MySQL server",
    });
  });

  test("another server, and one that closes, are not taken for a database", async () => {
    const port = await serve((socket) => void socket.end("HTTP/1.1 400\r\n"));
    expect((await testConnection(of("postgres", { port }))).message).toBe(
      "What answers there is not a PostgreSQL server",
    );
    const closing = await serve((socket) => void socket.end());
    for (const type of ["postgres", "mysql"]) {
      expect(await testConnection(of(type, { port: closing })), type).toEqual({
        status: false,
        message: "The server has closed the connection without an answer",
      });
    }
  });
});

test("AWS: STS is asked who the keys belong to, with a signed request", async () => {
  const seen: { headers: Record<string, unknown>; body: string }[] = [];
  const server = createHttpServer((request, response) => {
    let body = "";
    request.on("data", (data) => {
      body += data;
    });
    request.on("end", () => {
      seen.push({ headers: request.headers, body });
      const isKnown = request.headers.authorization?.includes("Credential=AKIAKNOWN/");
      response.statusCode = isKnown ? 200 : 403;
      response.end(
        isKnown
          ? "<GetCallerIdentityResult><Arn>arn:aws:iam::1:user/ann</Arn></GetCallerIdentityResult>"
          : "<Error><Message>The security token is invalid.</Message></Error>",
      );
    });
  });
  const endpoint = `http://127.0.0.1:${await listen(server)}`;
  const extra = JSON.stringify({ region_name: "eu-west-1", endpoint_url: endpoint });
  const { host: _, ...aws } = of("aws", { login: "AKIAKNOWN", password: "s3cr3t-key", extra });
  expect(await testConnection(aws)).toEqual({
    status: true,
    message: "Connected as arn:aws:iam::1:user/ann",
  });
  expect(seen[0]?.body).toBe("Action=GetCallerIdentity&Version=2011-06-15");
  expect(seen[0]?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAKNOWN\/\d{8}\/eu-west-1\/sts\/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=[0-9a-f]{64}$/,
  );
  expect(JSON.stringify(seen)).not.toContain("s3cr3t-key");
  expect(await testConnection({ ...aws, login: "AKIAOTHER" })).toEqual({
    status: false,
    message: "STS refuses the keys: The security token is invalid.",
  });
});

test("other types are tested at their port", async () => {
  const port = await serve(() => {});
  expect(await testConnection(of("ssh", { port }))).toEqual({
    status: true,
    message: `Connected to 127.0.0.1 at port ${port}`,
  });
  const closed = await closedPort();
  const refused = await testConnection(of("ftp", { port: closed, password: "pa55w0rd" }));
  expect(refused.status).toBe(false);
  expect(refused.message).toContain("ECONNREFUSED");
  expect((await testConnection(of("strange"))).message).toBe(
    'A connection of type "strange" is tested at its port; set one',
  );
  const { host: _, ...nowhere } = of("generic");
  expect((await testConnection(nowhere)).message).toContain("without a host can't be tested");
});
