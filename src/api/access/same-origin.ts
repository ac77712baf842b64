// Tells requests of our own pages from those that another site's page makes a browser send.
import type { Context } from "hono";

const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether the request changes something. */
export function isChange(c: Context): boolean {
  return !READS.has(c.req.method);
}

/** As the browser names it, else as the request does. */
export function hostOf(c: Context): string {
  return c.req.header("host") ?? new URL(c.req.url).host;
}

/** Whether a page of another site has sent it. Programs say nothing of where they come from. */
export function isFromElsewhere(c: Context): boolean {
  const origin = c.req.header("origin");
  if (origin !== undefined) return !isOwnOrigin(origin, hostOf(c));
  const site = c.req.header("sec-fetch-site");
  return site !== undefined && site !== "same-origin" && site !== "none";
}

function isOwnOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
