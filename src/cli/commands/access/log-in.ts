// What `stepwind login` and `stepwind logout` do.
import { createApi } from "../../api-client.ts";
import { chosenServer } from "../../connect.ts";
import { forgetToken, keepToken, readKeptToken } from "../../kept-tokens.ts";
import { fetchToken, type ServerOptions } from "../../server-connection.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { packageVersion } from "../../version.ts";

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
  const token = withToken
    ? await checkToken(server, await terminal.secret("Token"))
    : await fetchToken(server, {
        username,
        password: places.credentials.password ?? (await terminal.secret(`Password of ${username}`)),
      });
  const who = withToken ? "the token" : username;
  const file = await keepToken(env, server.url, { token, username: who });
  terminal.out(`Logged in to ${server.url} as ${who}; the token is in ${file}\n`);
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

/** Refuses one that opens nothing. */
async function checkToken({ url }: ServerOptions, token: string): Promise<string> {
  const send = (request: Request) => {
    request.headers.set("authorization", `Bearer ${token}`);
    return fetch(request);
  };
  await createApi(send, url, packageVersion()).get("/dags", { limit: 1 });
  return token;
}

/** Best effort: a server that is gone has nothing left to be logged out of. */
async function revoke({ url, tell }: ServerOptions, token: string): Promise<void> {
  try {
    const headers = { authorization: `Bearer ${token}` };
    await fetch(new URL("/auth/logout", url), { headers, redirect: "manual" });
  } catch (error) {
    tell(`${url} could not be told: ${String(error)}`);
  }
}
