// Which server a command line means, whatever runs on this machine: an address, or a deployment on
// AWS by its name. Also, what commands say that nobody else can do for them.
import { Failure } from "./terminal/failure.ts";

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
  /** Writes a remark to stderr. */
  readonly tell: (text: string) => void;
}

/** What opens a server that asks for a log-in. */
export interface Credentials {
  /** STEPWIND_TOKEN, or what `stepwind login` has kept. */
  readonly token?: string;
  /** Whether the token is one that was kept. */
  readonly isKept?: boolean;
  /** STEPWIND_USERNAME. */
  readonly username: string;
  /** STEPWIND_PASSWORD. */
  readonly password?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Option, then environment. A home folder that is named is meant more than a deployment is. */
export function serverWish(
  options: { readonly url?: string; readonly home?: string },
  env: Environment,
): ServerWish | undefined {
  if (options.url !== undefined) return { from: "--url", url: checkUrl(options.url) };
  if (env.STEPWIND_URL) return { from: "STEPWIND_URL", url: checkUrl(env.STEPWIND_URL) };
  if (options.home !== undefined || !env.STEPWIND_STACK) return undefined;
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
 * For a command that works on this machine only: refuses one that names a server by --url, and says
 * on stderr that a server of the environment isn't asked.
 */
export function stayHere({ server, tell }: ServerPlace, command: string): void {
  if (server === undefined) return;
  if (server.from === "--url") {
    throw new Failure(`"${command}" works on this machine only, not on ${server.url}`, {
      hint: "Leave out --url",
      exitCode: 2,
    });
  }
  tell(
    `"${command}" works on this machine only, not on ${server.url ?? server.stack} (${server.from})`,
  );
}

/** For a command that works on a deployment by AWS's own means, and not by the API. */
export function refuseUrl({ server }: ServerPlace, command: string): void {
  if (server?.from !== "--url") return;
  throw new Failure(`"${command}" works on a deployment that --stack names, not on an address`, {
    hint: "Leave out --url",
    exitCode: 2,
  });
}
