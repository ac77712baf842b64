// A server on one machine that asks for a log-in, and the commands that go there.
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { startStandalone } from "../../../src/local/standalone.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { captureTerminal, stepwind } from "../captured-terminal.ts";

const PASSWORD = "correct horse";

async function createUser(folder: string, role: string): Promise<void> {
  const name = role.toLowerCase();
  const who = ["-u", name, "-e", `${name}@example.org`, "-f", name, "-l", "Lee"];
  const { code, err } = await stepwind(
    folder,
    ...["users", "create", ...who, "-r", role, "-p", PASSWORD],
  );
  expect([code, err]).toEqual([0, ""]);
}

function createProject(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "dags"));
  return folder;
}

function start(folder: string, options: { host?: string; requiresLogIn?: boolean }) {
  const home = join(folder, ".stepwind");
  return startStandalone({ home, dagsFolder: join(folder, "dags"), port: 0, ...options });
}

test("a server that others can reach doesn't start without a user, and says how to make one", async () => {
  const folder = createProject();
  const refused = await start(folder, { host: "0.0.0.0" }).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    name: "NoUsers",
    message: "A server on 0.0.0.0 needs a log-in, and there is no user who could log in",
    hint: expect.stringContaining("stepwind users create"),
  });
  await expect(start(folder, { requiresLogIn: true })).rejects.toThrow("needs a log-in");
});

test("people log in, the machine's own commands needn't, and tokens are kept by address", async () => {
  const folder = createProject();
  await createUser(folder, "Admin");
  await createUser(folder, "Viewer");
  const server = await start(folder, { requiresLogIn: true });
  onTestFinished(server.stop);
  const { url } = server;
  expect((await fetch(`${url}/api/v2/dags`)).status).toBe(401);
  const home = join(folder, ".stepwind");
  for (const file of ["api-secret", "machine-token"]) {
    expect(statSync(join(home, file)).mode & 0o777, file).toBe(0o600);
  }
  // Whoever can read the home folder may do everything.
  expect(await stepwind(folder, "users", "list")).toMatchObject({ code: 0 });

  const config = temporaryFolder();
  const away = async (secret: string, ...argv: readonly string[]) => {
    const env = { XDG_CONFIG_HOME: config };
    const terminal = captureTerminal({
      cwd: temporaryFolder(),
      env,
      secret: async () => secret,
    });
    const code = await main([...argv, "--url", url], terminal);
    return { code, ...terminal.written };
  };
  const without = await away("", "dags", "list");
  expect(without.code).toBe(1);
  expect(without.err).toContain(`npx stepwind login --url ${url}`);
  expect((await away("wrong", "login", "-u", "viewer")).err).toContain("Invalid credentials");
  const file = join(config, "stepwind", "tokens.json");
  expect((await away(PASSWORD, "login", "-u", "viewer")).out).toBe(
    `Logged in to ${url} as viewer; the token is in ${file}\n`,
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).not.toContain(PASSWORD);
  expect(await away("", "dags", "list")).toMatchObject({ code: 0 });
  expect(await away("", "users", "list")).toMatchObject({ code: 1 });
  const made = await away("", "tokens", "create", "laptop");
  expect((await away("", "logout")).out).toBe(`Logged out of ${url}\n`);
  expect((await away("", "dags", "list")).code).toBe(1);
  const token = made.out.trim();
  expect((await away(token, "login", "--with-token")).out).toContain("as the token");
  expect(await away("", "dags", "list")).toMatchObject({ code: 0 });
  await stepwind(folder, "tokens", "revoke", "--all", "-u", "viewer");
  const revoked = await away("", "dags", "list");
  expect(revoked.err).toContain("it has expired, or was revoked");
});

test("this machine needs no log-in by default, and Airflow's clients get a token all the same", async () => {
  const server = await start(createProject(), {});
  onTestFinished(server.stop);
  for (const path of ["/auth/token", "/auth/token/cli"]) {
    const response = await fetch(`${server.url}${path}`, { method: "POST", body: "{}" });
    expect(response.status).toBe(201);
    const { access_token: token } = (await response.json()) as { readonly access_token: string };
    expect(token.split(".")).toHaveLength(3);
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${server.url}/api/v2/dags`, { headers })).status).toBe(200);
  }
  expect((await fetch(`${server.url}/auth/login`, { redirect: "manual" })).status).toBe(307);
});
