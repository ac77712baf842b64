// What `stepwind login` and `stepwind logout` do.
import { chosenServer } from "../../connect.ts";
import type { ServerOptions } from "../../server/ask-server.ts";
import { forgetToken, keepToken, readKeptToken } from "../../server/kept-tokens.ts";
import { baseOf, checkToken, fetchToken } from "../../server/server-connection.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";

export async function logIn(
  { terminal }: Session,
  places: Places,
  {
    username = places.credentials.username,
    withToken,
  }: { readonly username?: string; readonly withToken: boolean },
): Promise<void> {
  const server = await serverOf(places, "login");
  const { env } = terminal;
  const token = await (withToken
    ? givenToken(server, await terminal.secret("Token"))
    : fetchToken(server, {
        username,
        password: places.credentials.password ?? (await terminal.secret(`Password of ${username}`)),
      }));
  const who = withToken ? "the token" : username;
  const file = await keepToken(env, server.url, { token, username: who });
  terminal.out(`Logged in to ${server.url} as ${who}; the token is in ${file}\n`);
  if (server.from === "--url")
    server.tell(`Commands go there by --url, or with STEPWIND_URL=${server.url}`);
  if (env.STEPWIND_TOKEN) server.tell("STEPWIND_TOKEN is set, and counts before it");
}

export async function logOut({ terminal }: Session, places: Places): Promise<void> {
  const server = await serverOf(places, "logout");
  const token = await readKeptToken(terminal.env, server.url);
  const wasThere = await forgetToken(terminal.env, server.url);
  if (token !== undefined) await revoke(server, token);
  terminal.out(
    wasThere ? `Logged out of ${server.url}\n` : `Nobody was logged in to ${server.url}\n`,
  );
}

async function serverOf(places: Places, command: string): Promise<ServerOptions> {
  const server = await chosenServer(places);
  if (server) return server;
  throw new Failure(`No server is named for "${command}"`, {
    hint: "Give --url, or set STEPWIND_URL or STEPWIND_STACK; what runs on this machine needs none",
    exitCode: 2,
  });
}

async function givenToken(server: ServerOptions, token: string): Promise<string> {
  await checkToken(server, token);
  return token;
}

/** Best effort: a server that is gone has nothing left to be logged out of. */
async function revoke({ url, tell, timeout }: ServerOptions, token: string): Promise<void> {
  try {
    await fetch(`${baseOf(url)}/auth/logout`, {
      headers: { authorization: `Bearer ${token}` },
      redirect: "manual",
      signal: AbortSignal.timeout(timeout * 1_000),
    });
  } catch (error) {
    tell(`${url} could not be told: ${String(error)}`);
  }
}
