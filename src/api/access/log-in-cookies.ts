// The cookie of a log-in, and where people go then.
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { isSafeUrl } from "./safe-urls.ts";

/** Airflow: COOKIE_NAME_JWT_TOKEN. */
const COOKIE = "_token";

export function readCookie(c: Context): string | undefined {
  return getCookie(c, COOKIE) || undefined;
}

export function writeCookie(c: Context, token: string): void {
  setCookie(c, COOKIE, token, { path: "/", httpOnly: true, secure: isSecure(c), sameSite: "Lax" });
}

export function removeCookie(c: Context): void {
  deleteCookie(c, COOKIE, { path: "/", httpOnly: true, secure: isSecure(c), sameSite: "Lax" });
}

/** Whether the browser reaches us by https, also by way of a proxy that ends it. */
export function isSecure(c: Context): boolean {
  return new URL(c.req.url).protocol === "https:" || c.req.header("x-forwarded-proto") === "https";
}

/** What was asked for, if it leads to this server, else the start page. */
export function nextOf(c: Context, asked: string | undefined): string {
  return asked && isSafeUrl(c, asked) ? asked : "/";
}
