// Which server a command line means, whatever runs on this machine: an address, or a deployment on
// AWS by its name. Also, what commands say that nobody else can do for them.
import { Failure } from "../terminal/failure.ts";

export interface ServerWish {
  /** Where the wish was expressed, for messages. */
  readonly from: "--url" | "STEPWIND_URL" | "STEPWIND_STACK";
  /** Absent for a deployment, whose address is looked up. */
  readonly url?: string;
  /** Name of a deployment. */
  readonly stack?: string;
}

/** The part of a command line that says which server is meant. */
export interface ServerPlace {
  /** The server to talk to, whatever runs here. */
  readonly server: ServerWish | undefined;
  readonly credentials: Credentials;
  /** Seconds until an answer of the server must be there. */
  readonly timeout: number;
  /** Writes a remark to stderr. */
  readonly tell: (text: string) => void;
}

/** What opens a server that asks for a log-in. */
export interface Credentials {
  /** STEPWIND_TOKEN, or what `stepwind login` has kept. */
  readonly token?: string;
  /** Reads again what `stepwind login` has kept; absent where the token is of elsewhere. */
  readonly readKept?: () => Promise<string | undefined>;
  /** STEPWIND_USERNAME. */
  readonly username: string;
  /** STEPWIND_PASSWORD. */
  readonly password?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Option, then environment. A home folder that an option names is meant more than what it says. */
export function serverWish(
  options: { readonly url?: string; readonly home?: string },
  env: Environment,
): ServerWish | undefined {
  if (options.url !== undefined) {
    if (options.home === undefined) return { from: "--url", url: checkUrl(options.url) };
    throw new Failure("--url and --home name two places", {
      hint: "Give --url for a server elsewhere, or --home for what is here",
      exitCode: 2,
    });
  }
  if (options.home !== undefined) return undefined;
  if (env.STEPWIND_URL) return { from: "STEPWIND_URL", url: checkUrl(env.STEPWIND_URL) };
  if (!env.STEPWIND_STACK) return undefined;
  return { from: "STEPWIND_STACK", stack: env.STEPWIND_STACK };
}

export function credentialsOf(env: Environment): Credentials {
  const { STEPWIND_TOKEN: token, STEPWIND_USERNAME, STEPWIND_PASSWORD: password } = env;
  return {
    username: STEPWIND_USERNAME || "admin",
    ...(token ? { token } : {}),
    ...(password ? { password } : {}),
  };
}

const TIMEOUT = 120;

/** STEPWIND_TIMEOUT, in seconds: long enough for what a server does within one request. */
export function timeoutOf({ STEPWIND_TIMEOUT: text }: Environment): number {
  if (!text) return TIMEOUT;
  if (/^\d{1,5}$/.test(text) && Number(text) > 0) return Number(text);
  throw new Failure(`STEPWIND_TIMEOUT is "${text}", and must be a number of seconds`, {
    exitCode: 2,
  });
}

/** Refuses what no request can be sent to. */
function checkUrl(url: string): string {
  const parsed = URL.parse(url);
  if (!/^https?:$/.test(parsed?.protocol ?? "")) {
    throw new Failure(`"${url}" is not the address of a server`, {
      hint: "It must start with http:// or https://, such as http://127.0.0.1:8080",
      exitCode: 2,
    });
  }
  if (parsed?.username || parsed?.password) {
    throw new Failure("The address of a server may not contain a user or a password", {
      hint: "Set STEPWIND_USERNAME and STEPWIND_PASSWORD, or STEPWIND_TOKEN",
      exitCode: 2,
    });
  }
  return url;
}

/**
 * For a command that works on this machine only: refuses one for which an address is set. The name
 * of a deployment, which is also there for `push`, is only said on stderr not to count.
 */
export function stayHere({ server, tell }: ServerPlace, command: string): void {
  if (server === undefined) return;
  const { from, url, stack } = server;
  const message = `"${command}" works on this machine only, not on ${url ?? stack}`;
  if (from === "STEPWIND_STACK") {
    tell(`${message} (${from})`);
    return;
  }
  throw new Failure(from === "--url" ? message : `${message} (${from})`, {
    hint:
      from === "--url" ? "Leave out --url" : "Unset STEPWIND_URL for it, or give --home .stepwind",
    exitCode: 2,
  });
}

/**
 * For a command that works on a deployment by AWS's own means, and not by the API. An address that
 * the environment has may be that of another deployment than the one that is meant by default.
 */
export function refuseUrl(
  { server }: ServerPlace,
  { command, isStackNamed }: { readonly command: string; readonly isStackNamed: boolean },
): void {
  if (server?.from !== "--url" && (server?.from !== "STEPWIND_URL" || isStackNamed)) return;
  throw new Failure(`"${command}" works on a deployment that --stack names, not on an address`, {
    hint: server.from === "--url" ? "Leave out --url" : "Name the deployment: --stack NAME",
    exitCode: 2,
  });
}
