// Writes a connection as a URI and as JSON, by Airflow's rules (models/connection.py: get_uri,
// as_json).
import { type ConnectionFields, extraOf } from "./connection-fields.ts";
import { toPythonJson } from "./python-json.ts";

/** An extra of texts alone becomes the query; any other is its one parameter `__extra__`. */
export function toConnectionUri(connection: ConnectionFields): string {
  const { connType, login, password, port, schema } = connection;
  const { protocol, host } = splitHost(connection);
  const scheme = `${connType.toLowerCase().replaceAll("_", "-")}://`;
  const user = login === undefined ? "" : quote(login);
  const credentials = password ? `${user}:${quote(password)}` : user;
  const authority = credentials === "" ? "" : `${credentials}@`;
  const address = host ? quote(host) : "";
  // Without anything in front, the colon of a port would belong to the scheme.
  const start = address === "" && authority === "" ? "@" : "";
  return [
    scheme,
    protocol === undefined ? "" : `${protocol}://`,
    authority,
    address,
    port ? `${start}:${port}` : "",
    schema ? `/${quote(schema)}` : "",
    queryOf(connection),
  ].join("");
}

/** Without the id, and without what is not set. */
export function toConnectionJson(connection: ConnectionFields): string {
  const { connType, description, host, login, password, schema, port } = connection;
  const extra = extraOf(connection);
  return toPythonJson({
    conn_type: connType,
    description,
    host,
    login,
    password: password || undefined,
    schema,
    port,
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  });
}

/** A protocol in front of the host that is the connection's own type stays part of the host. */
function splitHost({ connType, host }: ConnectionFields): {
  readonly protocol?: string;
  readonly host?: string | undefined;
} {
  const end = host?.indexOf("://") ?? -1;
  if (host === undefined || end < 0 || host.slice(0, end) === connType) return { host };
  return { protocol: host.slice(0, end), host: host.slice(end + "://".length) };
}

function queryOf(connection: ConnectionFields): string {
  if (!connection.extra) return "";
  const pairs = Object.entries(extraOf(connection));
  const isFlat = pairs.length > 0 && pairs.every(([, value]) => typeof value === "string");
  const query = isFlat
    ? pairs.map(([name, value]) => `${quotePlus(name)}=${quotePlus(String(value))}`).join("&")
    : `__extra__=${quotePlus(connection.extra)}`;
  return `${connection.schema ? "?" : "/?"}${query}`;
}

/** Python: urllib.parse.quote(text, safe=""). */
function quote(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Python: urllib.parse.quote_plus. */
function quotePlus(text: string): string {
  return quote(text).replaceAll("%20", "+");
}
