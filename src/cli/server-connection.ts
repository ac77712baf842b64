// A connection to a server by its address, which logs in where the server asks for it.
import { type Api, createApi, readDetail, type Send } from "./api-client.ts";
import type { Credentials, ServerWish } from "./server-wish.ts";
import { Failure } from "./terminal/failure.ts";
import { packageVersion } from "./version.ts";

export interface ServerConnection {
  readonly api: Api;
  /** How often to look for news: each look at a deployment is two calls that cost something. */
  readonly pollMs: number;
  /** Makes all tokens of the server void. */
  revokeTokens(): Promise<void>;
}

export interface ServerOptions {
  readonly url: string;
  /** What has named the server; absent for the one that runs on this home folder. */
  readonly from?: ServerWish["from"];
  readonly credentials: Credentials;
  /** Writes a remark to stderr. */
  readonly tell: (text: string) => void;
}

const LOCAL_POLL_MS = 200;
const REMOTE_POLL_MS = 1_000;

export function connectToServer(options: ServerOptions): ServerConnection {
  const base = options.url.replace(/\/+$/, "");
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
      throw new Failure(`${base} refuses: ${await readDetail(response)}`);
    },
  };
}

/** Sends requests with a token, which is asked for when it is needed, and again when it is void. */
function withLogIn(options: ServerOptions): Send {
  const { username, password } = options.credentials;
  let { token } = options.credentials;

  async function attempt(request: Request): Promise<Response> {
    if (token !== undefined) request.headers.set("authorization", `Bearer ${token}`);
    const response = await reach(options, request);
    const type = response.headers.get("content-type") ?? "nothing";
    if (response.status === 204 || /\bjson\b/.test(type)) return response;
    throw new Failure(`${nameOf(options)} is not a Stepwind server: it answers with ${type}`, {
      hint: "The address is that of the API, such as the deployment's output Url",
    });
  }

  return async (request) => {
    const response = await attempt(request.clone());
    if (!(await asksForLogIn(response))) return response;
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
  const request = new Request(`${options.url.replace(/\/+$/, "")}/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password }),
  });
  const response = await reach(options, request);
  if (response.ok) {
    const answer = (await response.json()) as { readonly access_token: string };
    return answer.access_token;
  }
  throw new Failure(
    `The log-in of "${username}" at ${nameOf(options)} failed: ${await readDetail(response)}`,
  );
}

async function reach(options: ServerOptions, request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cause) {
    throw new Failure(`No server answers at ${nameOf(options)}`, {
      hint: isOnThisMachine(options.url)
        ? "Start one with: npx stepwind standalone"
        : "Check the address, and the network between here and there",
      cause,
    });
  }
}

function notLoggedIn(options: ServerOptions): Failure {
  if (options.credentials.token !== undefined) {
    return new Failure(`${nameOf(options)} refuses the token: it has expired, or was revoked`, {
      hint: options.credentials.isKept
        ? `Log in again: npx stepwind login --url ${options.url}`
        : "Set STEPWIND_TOKEN to a new one, or set STEPWIND_PASSWORD",
    });
  }
  return new Failure(`${nameOf(options)} asks for a log-in`, {
    hint: `Log in by npx stepwind login --url ${options.url}\nSet STEPWIND_TOKEN, or STEPWIND_PASSWORD and, where it isn't admin, STEPWIND_USERNAME`,
  });
}

/** The address, and where it was named unless that is where everybody sees it. */
function nameOf({ url, from }: ServerOptions): string {
  return from === undefined || from === "--url" ? url : `${url} (${from})`;
}

function warnOfPlainText({ url, credentials, tell }: ServerOptions, isLocal: boolean): void {
  const isSecret = credentials.token !== undefined || credentials.password !== undefined;
  if (!isSecret || isLocal || URL.parse(url)?.protocol !== "http:") return;
  tell(`Password and token go to ${url} unencrypted; use https://`);
}

function isOnThisMachine(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? "";
  return /^(localhost|127(\.\d+){3}|\[::1\]|.*\.localhost|.*\.localhost\.localstack\.cloud)$/.test(
    host,
  );
}
