// A connection to a server by its address, which logs in where the server asks for it.
import { type Api, ApiError, createApi, readDetail, type Send, toApiError } from "../api-client.ts";
import { Failure } from "../terminal/failure.ts";
import { packageVersion } from "../version.ts";
import { askServer, nameOf, type ServerOptions } from "./ask-server.ts";
import { isOnThisMachine } from "./unreachable.ts";

export interface ServerConnection {
  readonly api: Api;
  /** How often to look for news: each look at a deployment is two calls that cost something. */
  readonly pollMs: number;
  /** Makes all tokens of the server void. */
  revokeTokens(): Promise<void>;
}

const LOCAL_POLL_MS = 200;
const REMOTE_POLL_MS = 1_000;

export function connectToServer(options: ServerOptions): ServerConnection {
  const base = baseOf(options.url);
  const isLocal = isOnThisMachine(options.url);
  warnOfPlainText(options, isLocal);
  const send = withLogIn(options);
  return {
    api: createApi(send, base, packageVersion()),
    pollMs: isLocal ? LOCAL_POLL_MS : REMOTE_POLL_MS,
    async revokeTokens() {
      const response = await send(new Request(`${base}/auth/token`, { method: "DELETE" }));
      if (response.ok) return;
      if (response.status === 404) throw new Failure(`${base} has no log-in, and so no tokens`);
      throw await toApiError(response);
    },
  };
}

/**
 * Sends requests with a token, which is asked for when it is needed, and again when it is void. A
 * token that was kept is read again then: somebody may have logged in meanwhile.
 */
function withLogIn(options: ServerOptions): Send {
  const { username, password, readKept } = options.credentials;
  let { token } = options.credentials;

  async function attempt(request: Request): Promise<Response> {
    if (token !== undefined) request.headers.set("authorization", `Bearer ${token}`);
    return askServer(options, request);
  }

  return async (request) => {
    const used = token;
    const response = await attempt(request.clone());
    if (!(await asksForLogIn(response))) return response;
    // Another request at the same time may have found a token already.
    const fresh = token === used ? await readKept?.() : token;
    if (fresh !== undefined && fresh !== used) {
      token = fresh;
      const second = await attempt(request.clone());
      if (!(await asksForLogIn(second))) return second;
    }
    if (password === undefined) throw notLoggedIn(options);
    token = await fetchToken(options, { username, password });
    return attempt(request);
  };
}

/** Whether it has refused for want of a token, or for one that is over or void. */
async function asksForLogIn(response: Response): Promise<boolean> {
  if (response.status !== 403) return response.status === 401;
  return (await readDetail(response.clone())) === "Invalid JWT token";
}

/** A token for a user and a password. Throws a Failure when the server refuses. */
export async function fetchToken(
  options: ServerOptions,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<string> {
  const request = new Request(`${baseOf(options.url)}/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  const response = await askServer(options, request);
  if (response.ok) {
    const answer = (await response.json()) as { readonly access_token: string };
    return answer.access_token;
  }
  throw new Failure(
    `The log-in of "${username}" at ${nameOf(options)} failed: ${await readDetail(response)}`,
  );
}

/** Refuses a token that opens nothing. */
export async function checkToken(options: ServerOptions, token: string): Promise<void> {
  const { username } = options.credentials;
  const { api } = connectToServer({ ...options, credentials: { username, token } });
  try {
    await api.get("/dags", { limit: 1 });
  } catch (error) {
    // Who may not see DAGs is logged in all the same.
    if (!(error instanceof ApiError) || error.permission === undefined) throw error;
  }
}

/** The address without a slash at its end. */
export function baseOf(url: string): string {
  return url.replace(/\/+$/, "");
}

function notLoggedIn(options: ServerOptions): Failure {
  const { credentials, url } = options;
  const logIn = `npx stepwind login --url ${url}`;
  if (credentials.token !== undefined) {
    return new Failure(`${nameOf(options)} refuses the token: it has expired, or was revoked`, {
      hint: credentials.readKept
        ? `Log in again: ${logIn}`
        : `Set STEPWIND_TOKEN to a new one, or unset it and log in: ${logIn}`,
    });
  }
  return new Failure(`${nameOf(options)} asks for a log-in`, {
    hint: `Log in by ${logIn}\nSet STEPWIND_TOKEN, or STEPWIND_PASSWORD and, where it isn't admin, STEPWIND_USERNAME`,
  });
}

function warnOfPlainText({ url, credentials, tell }: ServerOptions, isLocal: boolean): void {
  const isSecret = credentials.token !== undefined || credentials.password !== undefined;
  if (!isSecret || isLocal || URL.parse(url)?.protocol !== "http:") return;
  tell(`Password and token go to ${url} unencrypted; use https://`);
}
