// Tests a connection of HTTP: a GET of its address, with its login. Airflow: HttpHook.
import { type ConnectionFields, extraOf } from "../../../model/connections/connection-fields.ts";

/** What HttpHook takes from the extra for itself; the rest of it are headers. */
const OPTIONS: ReadonlySet<string> = new Set([
  "timeout",
  "allow_redirects",
  "proxies",
  "proxy",
  "verify",
  "cert",
  "stream",
  "max_redirects",
  "trust_env",
  "check_response",
  "auth_type",
  "auth_kwargs",
  "headers",
]);

/** Fails for a status of 400 or more, as HttpHook does. */
export async function probeHttp(
  connection: ConnectionFields,
  signal: AbortSignal,
): Promise<string> {
  const url = addressOf(connection);
  const response = await fetch(url, { headers: headersOf(connection), signal });
  await response.body?.cancel();
  if (response.ok) return "Connection successfully tested";
  throw new Error(`${response.status}: ${response.statusText || "refused"}`);
}

function addressOf({ connType, host, schema, port }: ConnectionFields): URL {
  if (!host) throw new Error("The connection has no host; set one, such as https://example.com");
  const protocol = schema || (connType === "https" ? "https" : "http");
  const base = host.includes("://") ? host : `${protocol}://${host}`;
  const url = URL.parse(base);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Error(`"${base}" is not an address of HTTP`);
  }
  if (port !== undefined && port > 0) url.port = String(port);
  return url;
}

function headersOf(connection: ConnectionFields): Headers {
  const { login, password } = connection;
  const { headers, ...others } = extraOf(connection);
  const given = typeof headers === "object" && headers !== null ? Object.entries(headers) : [];
  const free = Object.entries(others).filter(([name]) => !OPTIONS.has(name));
  const result = new Headers();
  for (const [name, value] of [...free, ...given]) {
    if (typeof value === "string" || typeof value === "number") result.set(name, String(value));
  }
  if (login && !result.has("authorization")) {
    const credentials = Buffer.from(`${login}:${password ?? ""}`).toString("base64");
    result.set("authorization", `Basic ${credentials}`);
  }
  return result;
}
