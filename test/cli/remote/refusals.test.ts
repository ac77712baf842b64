// What commands say when a server elsewhere can't be asked, or refuses.
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createSocketServer, type Server } from "node:net";
import { serve } from "@hono/node-server";
import { expect, onTestFinished, test } from "vitest";
import { createApiServer } from "../../../src/api/api-server.ts";
import { main } from "../../../src/cli/main.ts";
import { keepToken, readKeptToken } from "../../../src/cli/server/kept-tokens.ts";
import { connectToServer } from "../../../src/cli/server/server-connection.ts";
import { packageVersion } from "../../../src/cli/version.ts";
import { createApiProduct } from "../../api/api-product.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { captureTerminal, stepwind } from "../captured-terminal.ts";
import { SELF_SIGNED } from "./self-signed.ts";
import { startAway } from "./two-servers.ts";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A server of somebody else. */
async function listenWith(answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(answer))}`;
}

async function refusal(url: string, ...argv: readonly string[]) {
  const env = { STEPWIND_TIMEOUT: "1", XDG_CONFIG_HOME: temporaryFolder() };
  const terminal = captureTerminal({ cwd: temporaryFolder(), env });
  const code = await main(
    [...(argv.length === 0 ? ["dags", "list"] : argv), "--url", url],
    terminal,
  );
  expect(terminal.written.out).toBe("");
  expect(code).toBe(1);
  return terminal.written.err;
}

test("a port where nothing listens, and a name that nobody has", async () => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  expect(await refusal(`http://127.0.0.1:${port}`)).toMatch(
    /No server answers at http:\/\/127.0.0.1:\d+: connection refused\n.*stepwind standalone/,
  );
  expect(await refusal("https://stepwind.invalid")).toMatch(
    /No server answers at https:\/\/stepwind.invalid: .*\n.*Check the address/,
  );
});

test("a certificate that isn't trusted, and a port without TLS", async () => {
  const port = await listen(createTlsServer(SELF_SIGNED, (_, response) => response.end("{}")));
  expect(await refusal(`https://127.0.0.1:${port}`)).toMatch(
    /has a certificate that can't be trusted: it is self-signed\n.*NODE_EXTRA_CA_CERTS/,
  );
  const plain = await listenWith((_, response) => response.end("{}"));
  expect(await refusal(plain.replace("http:", "https:"))).toContain("does not speak TLS");
});

test("a server that doesn't answer in time, and one that hangs up", async () => {
  const silent = await listenWith(() => {});
  expect(await refusal(silent)).toMatch(/has not answered within 1 s\n.*STEPWIND_TIMEOUT/);
  expect(await refusal(silent, "dags", "pause", "etl")).toContain(
    "may have been done all the same",
  );
  const halting = await listenWith((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
    response.write("{");
  });
  expect(await refusal(halting)).toContain("has not answered within 1 s");
  const gone = await listen(
    createSocketServer((socket) => socket.once("data", () => socket.destroy())),
  );
  expect(await refusal(`http://127.0.0.1:${gone}`)).toContain(
    "ended the connection before its answer was there",
  );
});

test("an address that isn't Stepwind's", async () => {
  const other = await listenWith((_, response) => {
    response.setHeader("content-type", "application/json").end('{"dags": [], "total_entries": 0}');
  });
  expect(await refusal(other)).toContain(
    `${other} is not a Stepwind server: it answers with application/json (status 200)`,
  );
  expect(
    await refusal(await listenWith((_, response) => response.end("hi")), "dags", "state", "x"),
  ).toContain("is not a Stepwind server: it answers with nothing");
  const proxy = await listenWith((_, response) => {
    response.writeHead(302, { location: "https://sso.example/log-in" }).end();
  });
  expect(await refusal(proxy)).toContain(`${proxy} redirects to https://sso.example/log-in`);
});

test("a server of another major version", async () => {
  const { platform, services } = await createApiProduct();
  const app = createApiServer(platform, services, { version: "7.1.0" });
  const port = await new Promise<number>((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (at) =>
      resolve(at.port),
    );
    onTestFinished(() => void server.close());
  });
  const err = await refusal(`http://127.0.0.1:${port}`);
  expect(err).toContain(`runs Stepwind 7.1.0, and this is ${packageVersion()}`);
  expect(err).toContain("npx stepwind@7");
});

test("a user whose roles don't allow it is told which permission it takes", async () => {
  const away = await startAway("vic");
  expect(await away.run("dags", "list")).toMatchObject({ code: 0 });
  for (const [line, permission] of [
    ["dags trigger orders", "can_create on DAG Runs, can_edit on DAGs"],
    ["dags pause orders", "can_edit on DAGs"],
    ["dags delete orders --yes", "can_delete on DAGs"],
    ["connections list", "can_read on Connections"],
    ["variables set a b", "can_edit on Variables"],
    ["users list", "can_read on Users"],
    ["db clean --clean-before-timestamp 2020-01-01 --yes", "can_delete on History"],
    ["revoke-tokens", "the role Admin"],
  ] as const) {
    const { code, out, err } = await away.run(...line.split(" "));
    expect({ code, out }, line).toEqual({ code: 1, out: "" });
    expect(err, line).toContain(`Forbidden: this needs ${permission}`);
  }
});

test("a token that is void is replaced by what somebody has logged in with meanwhile", async () => {
  const away = await startAway();
  const env = { XDG_CONFIG_HOME: away.config };
  const good = (await readKeptToken(env, away.url)) ?? "";
  await keepToken(env, away.url, { token: "a.b.c", username: "ann" });
  const { err } = await away.run("dags", "list");
  expect(err).toContain("refuses the token: it has expired, or was revoked");
  expect(err).toContain(`Log in again: npx stepwind login --url ${away.url}`);
  const { api } = connectToServer({
    url: away.url,
    credentials: {
      username: "ann",
      token: "a.b.c",
      readKept: () => readKeptToken(env, away.url),
    },
    timeout: 10,
    tell() {},
  });
  await keepToken(env, away.url, { token: good, username: "ann" });
  expect(await api.get("/dags", { limit: 1 })).toMatchObject({ total_entries: 3 });
});

test("two places at once are refused", async () => {
  const terminal = captureTerminal({ cwd: temporaryFolder() });
  const argv = ["dags", "list", "--url", "http://127.0.0.1:1", "--home", "x"];
  expect(await main(argv, terminal)).toBe(2);
  expect(terminal.written.err).toContain("--url and --home name two places");
  const timeout = captureTerminal({ cwd: temporaryFolder(), env: { STEPWIND_TIMEOUT: "soon" } });
  expect(await main(["dags", "list"], timeout)).toBe(2);
});

test("the version of a server is shown beside this one's, and its log-ins can be ended here", async () => {
  const away = await startAway();
  const own = packageVersion();
  expect((await away.run("version")).out).toBe(`${own}\n${own} on ${away.url}\n`);
  const revoked = await stepwind(away.folder, "revoke-tokens");
  expect(revoked).toMatchObject({ code: 0, out: `All tokens of ${away.url} are void\n` });
  expect((await away.run("dags", "list")).err).toContain("refuses the token");
});
