// Sends one request to a server that was named by its address, and tells what answers: a Stepwind
// that fits this one, something else, or nothing.
import { VERSION_HEADER } from "../../api/answer-headers.ts";
import { Failure } from "../terminal/failure.ts";
import { packageVersion } from "../version.ts";
import type { Credentials, ServerWish } from "./server-wish.ts";
import { isOnThisMachine, toUnreachable } from "./unreachable.ts";

export interface ServerOptions {
  readonly url: string;
  /** What has named the server; absent for the one that runs on this home folder. */
  readonly from?: ServerWish["from"];
  readonly credentials: Credentials;
  /** Seconds until an answer must be there. */
  readonly timeout: number;
  /** Writes a remark to stderr. */
  readonly tell: (text: string) => void;
}

/** The whole answer. Throws a Failure unless it is that of a Stepwind of the same major version. */
export async function askServer(options: ServerOptions, request: Request): Promise<Response> {
  const response = await reach(options, request);
  refuseRedirect(options, response);
  const version = response.headers.get(VERSION_HEADER);
  if (version === null) throw notStepwind(options, response);
  refuseOtherVersion(options, version);
  return response;
}

/**
 * The answer is read to its end here, so that a connection that breaks meanwhile is told as well.
 */
async function reach(options: ServerOptions, request: Request): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(options.timeout * 1_000);
    const response = await fetch(request, { signal, redirect: "manual" });
    const body = await response.arrayBuffer();
    const { status, statusText, headers } = response;
    return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
  } catch (cause) {
    throw toUnreachable(cause, {
      where: nameOf(options),
      isHere: isOnThisMachine(options.url),
      timeout: options.timeout,
      isChange: request.method !== "GET",
    });
  }
}

/** Followed, a POST would become a GET, and a token might go to somebody else. */
function refuseRedirect(options: ServerOptions, { status, headers }: Response): void {
  if (status < 300 || status >= 400) return;
  const target = headers.get("location") ?? "elsewhere";
  throw new Failure(`${nameOf(options)} redirects to ${target}`, {
    hint: "Give the address that it redirects to, if that is the server; a page to log in with is for browsers",
  });
}

function notStepwind(options: ServerOptions, { status, headers }: Response): Failure {
  const type = headers.get("content-type") ?? "nothing";
  return new Failure(
    `${nameOf(options)} is not a Stepwind server: it answers with ${type} (status ${status})`,
    { hint: "The address is that of the API, such as the deployment's output Url" },
  );
}

/** Versions of the same major number understand each other. One that is unknown is let pass. */
function refuseOtherVersion(options: ServerOptions, version: string): void {
  const theirs = majorOf(version);
  const own = packageVersion();
  if (theirs === undefined || theirs === majorOf(own)) return;
  throw new Failure(`${nameOf(options)} runs Stepwind ${version}, and this is ${own}`, {
    hint: `Use the command of its version: npx stepwind@${theirs} …`,
  });
}

function majorOf(version: string): string | undefined {
  return /^(\d+)\./.exec(version)?.[1];
}

/** The address, and where it was named unless that is where everybody sees it. */
export function nameOf({ url, from }: Pick<ServerOptions, "url" | "from">): string {
  return from === undefined || from === "--url" ? url : `${url} (${from})`;
}
