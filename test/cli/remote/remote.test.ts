// The command line against a server elsewhere: one with a log-in, as a deployment on AWS has it,
// and the whole product with another home folder.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { describe, expect, onTestFinished, test } from "vitest";
import { createApiServer } from "../../../src/api/api-server.ts";
import { main } from "../../../src/cli/main.ts";
import { packageVersion } from "../../../src/cli/version.ts";
import { createApiProduct, FAILED_RUN } from "../../api/api-product.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { captureTerminal } from "../captured-terminal.ts";

const PASSWORD = "correct horse battery";

type Environment = Readonly<Record<string, string>>;

/** `stepwind …argv` in an empty folder, so that nothing local can answer. */
async function stepwind(env: Environment, ...argv: readonly string[]) {
  const terminal = captureTerminal({ cwd: temporaryFolder(), env });
  const code = await main(argv, terminal);
  return { code, ...terminal.written };
}

/** A server with a log-in. */
async function startServer() {
  const { platform, services, metadata } = await createApiProduct();
  const state = { now: platform.clock.now() };
  const app = createApiServer(
    { ...platform, clock: { ...platform.clock, now: () => state.now } },
    services,
    { logIn: { password: async () => PASSWORD }, version: packageVersion() },
  );
  const asked: string[] = [];
  const fetch = (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`);
    return app.fetch(request);
  };
  const { url, close } = await new Promise<{ url: string; close: () => void }>((resolve) => {
    const server = serve({ fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      resolve({ url: `http://127.0.0.1:${port}`, close: () => server.close() }),
    );
  });
  onTestFinished(close);
  return { url, state, asked, metadata };
}

async function tokenOf(url: string): Promise<string> {
  const body = JSON.stringify({ username: "admin", password: PASSWORD });
  const response = await fetch(`${url}/auth/token`, { method: "POST", body });
  const answer = (await response.json()) as { readonly access_token: string };
  return answer.access_token;
}

describe("a server with a log-in", () => {
  test("answers every command about DAGs, runs, tasks and logs", async () => {
    const { url, metadata } = await startServer();
    const env = { STEPWIND_URL: url, STEPWIND_TOKEN: await tokenOf(url) };
    for (const [argv, out] of [
      [["dags", "list"], /^etl +0 6 \* \* \* .*\nby_hand|^by_hand .*\netl /m],
      [["dags", "details", "etl"], /dag_id +etl/],
      [["dags", "next-execution", "etl"], /./],
      [["dags", "list-runs", "etl"], /^scheduled__2026-01-31T06:00:00\+00:00 +running/m],
      [["dags", "state", "etl", FAILED_RUN], /^failed\n$/],
      [["dags", "list-import-errors"], /^/],
      [["tasks", "list", "etl"], /^extract +bash/m],
      [["tasks", "states-for-dag-run", "etl", FAILED_RUN], /^load +failed +2/m],
      [["tasks", "logs", "etl", FAILED_RUN, "load"], /loading\n.*no rows/],
      [["dags", "pause", "by_hand"], /by_hand/],
      [["dags", "unpause", "by_hand"], /by_hand/],
      [["variables", "set", "region", "eu"], /Variable region created/],
      [["variables", "get", "region"], /^eu\n$/],
      [["connections", "add", "api", "--conn-type", "http"], /Successfully added/],
      [["connections", "create-default-connections"], /default connections/],
      [["connections", "export", "-"], /"api": \{/],
      [["rotate-fernet-key"], /0 variables, 0 connections/],
      [["dags", "trigger", "by_hand", "-r", "from-afar", "-o", "json"], /"from-afar"/],
    ] as const) {
      const answer = await stepwind(env, ...argv);
      expect(answer.err, argv.join(" ")).toContain(`On ${url} (STEPWIND_URL)`);
      expect(answer, argv.join(" ")).toMatchObject({ code: 0 });
      expect(answer.out, argv.join(" ")).toMatch(out);
    }
    expect((await metadata.runs.get("by_hand", "from-afar"))?.runId).toBe("from-afar");
    const refused = await stepwind(env, "dags", "delete", "etl", "--yes");
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('DAG "etl" can\'t be deleted while its run');
  });

  test("gives no secret to who isn't logged in", async () => {
    const { url } = await startServer();
    for (const kind of ["connections", "variables"]) {
      const answer = await fetch(`${url}/ui/${kind}/export`, { method: "POST" });
      expect(answer.status, kind).toBe(401);
    }
  });

  test("is logged in to with a password, once per command", async () => {
    const { url, asked } = await startServer();
    const env = { STEPWIND_PASSWORD: PASSWORD };
    const answer = await stepwind(env, "--url", url, "tasks", "list", "etl");
    expect(answer).toMatchObject({ code: 0, err: "" });
    expect(asked.filter((each) => each === "POST /auth/token")).toHaveLength(1);
  });

  test("is logged in to again when the token has expired and there is a password", async () => {
    const { url, state } = await startServer();
    const env = { STEPWIND_TOKEN: await tokenOf(url), STEPWIND_PASSWORD: PASSWORD };
    state.now += 25 * 3_600_000;
    expect((await stepwind(env, "--url", url, "dags", "list")).code).toBe(0);
  });

  test("refuses with what is to be done", async () => {
    const { url } = await startServer();
    const refusal = async (env: Environment) => {
      const { code, out, err } = await stepwind(env, "--url", url, "dags", "list");
      expect({ code, out }).toEqual({ code: 1, out: "" });
      return err;
    };
    const none = await refusal({});
    expect(none).toContain(`${url} asks for a log-in`);
    expect(none).toContain("Set STEPWIND_TOKEN, or STEPWIND_PASSWORD");
    expect(await refusal({ STEPWIND_TOKEN: "a.b.c" })).toContain(
      `${url} refuses the token: it has expired, or was revoked`,
    );
    expect(await refusal({ STEPWIND_PASSWORD: "a wrong password" })).toContain(
      `The log-in of "admin" at ${url} failed: Invalid credentials`,
    );
    const user = { STEPWIND_USERNAME: "root", STEPWIND_PASSWORD: PASSWORD };
    expect(await refusal(user)).toContain(`The log-in of "root" at ${url} failed`);
  });

  test("makes all of its tokens void", async () => {
    const { url } = await startServer();
    const env = { STEPWIND_URL: url, STEPWIND_TOKEN: await tokenOf(url) };
    const revoked = await stepwind(env, "revoke-tokens");
    expect(revoked).toMatchObject({ code: 0, out: `All tokens of ${url} are void\n` });
    expect((await stepwind(env, "dags", "list")).err).toContain("refuses the token");
    expect((await stepwind({}, "revoke-tokens")).code).toBe(2);
  });
});

describe("when a server elsewhere is meant, what is here never answers", () => {
  test("an address where nothing answers is named, with where it was set", async () => {
    const url = "http://127.0.0.1:1";
    const answer = await stepwind({ STEPWIND_URL: url }, "dags", "list");
    expect(answer).toMatchObject({ code: 1, out: "" });
    expect(answer.err).toContain(`No server answers at ${url} (STEPWIND_URL)`);
    const far = await stepwind({}, "--url", "https://stepwind.invalid", "dags", "list");
    expect(far.err).toMatch(/No server answers at https:\/\/stepwind\.invalid(: [\w' ]+)?\n/);
    expect(far.err).toContain("Check the address");
  });

  test("a server that isn't Stepwind's is recognized", async () => {
    const server = createServer((_, response) => {
      response.setHeader("content-type", "text/html").end("<h1>Welcome</h1>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, err } = await stepwind({}, "--url", url, "dags", "list");
    expect(code).toBe(1);
    expect(err).toContain(`${url} is not a Stepwind server: it answers with text/html`);
  });

  test("a token or a password without a server is refused, unless a home folder is named", async () => {
    for (const name of ["STEPWIND_TOKEN", "STEPWIND_PASSWORD"]) {
      const { code, err } = await stepwind({ [name]: "x" }, "dags", "list");
      expect(code).toBe(2);
      expect(err).toContain(`${name} is set, but no server that it is for`);
      const here = await stepwind({ [name]: "x" }, "--home", "here", "dags", "list");
      expect(here.err).toContain("no DAG folder");
    }
  });

  test("an address with a password in it is refused", async () => {
    const { code, err } = await stepwind(
      {},
      "--url",
      "https://me:secret@example.com",
      "dags",
      "list",
    );
    expect(code).toBe(2);
    expect(err).not.toContain("secret");
  });

  test("commands that work here only say so", async () => {
    for (const argv of [
      ["dags", "test", "x.ts"],
      ["dags", "compile", "x.ts"],
      ["standalone"],
      ["init"],
    ]) {
      const { code, err } = await stepwind({}, "--url", "https://example.com", ...argv);
      expect(code, argv.join(" ")).toBe(2);
      expect(err).toContain("works on this machine only, not on https://example.com");
    }
    const env = { STEPWIND_URL: "https://example.com" };
    const { code, err } = await stepwind(env, "dags", "compile", "x.ts");
    expect(code).toBe(2);
    expect(err).toMatch(
      /"dags compile" works on this machine only, not on https:\/\/example.com \(STEPWIND_URL\)\n.*Unset STEPWIND_URL/,
    );
    const here = await stepwind(env, "--home", "here", "dags", "compile", "x.ts");
    expect(here.err).toContain("no file x.ts");
    const stack = { STEPWIND_STACK: "etl" };
    expect((await stepwind(stack, "dags", "compile", "x.ts")).err).toMatch(
      /"dags compile" works on this machine only, not on etl \(STEPWIND_STACK\)\n.*no file x.ts/,
    );
    for (const argv of [["push"], ["doctor"], ["undeploy"]]) {
      const { code, err } = await stepwind({}, "--url", "https://example.com", ...argv);
      expect(code, argv.join(" ")).toBe(2);
      expect(err).toContain(`"${argv[0]}" works on a deployment that --stack names`);
    }
  });

  test("secrets that go over the net unencrypted are warned of", async () => {
    const env = { STEPWIND_TOKEN: "x" };
    const { err } = await stepwind(env, "--url", "http://stepwind.invalid", "dags", "list");
    expect(err).toContain("Password and token go to http://stepwind.invalid unencrypted");
  });
});
