// Addresses that a request asks to be led to: only to this server itself (Airflow: is_safe_url).
import type { Context } from "hono";

/** Whether the address leads to this server, in every browser's reading of it. */
export function isSafeUrl(c: Context, address: string): boolean {
  const base = new URL(c.req.url);
  if (/[\\\p{C}]/u.test(address) || !URL.canParse(address, base.href)) return false;
  const { protocol, host } = new URL(address, base);
  return /^https?:$/.test(protocol) && host === base.host && !address.startsWith("//");
}
