// Reads a connection from text, JSON or URI, by Airflow's rules (models/connection.py: from_json,
// _parse_from_uri). The WHATWG URL class won't do: it refuses and rewrites what Python's urlsplit
// takes.
import type { Connection } from "../task-services.ts";
import { type ConnectionFields, toConnection } from "./connection-fields.ts";
import { toPythonJson } from "./python-json.ts";

const SPACE = 0x20;
const EXTRA_KEY = "__extra__";
const JSON_FIELDS = [
  "conn_type",
  "description",
  "host",
  "login",
  "password",
  "schema",
  "port",
  "extra",
] as const;

/**
 * As tasks get it from a secrets backend. Parameters of a URI are texts (Airflow's Task SDK:
 * Connection.from_uri). Throws for a text that is none; the message never holds the text, which is
 * a secret.
 */
export function parseConnection(connId: string, text: string): Connection {
  return toConnection(parse(connId, text, (value) => value));
}

/**
 * As it is to be stored. Parameters of a URI that are JSON count as such (Airflow:
 * models/connection.py). Throws as `parseConnection` does.
 */
export function parseConnectionFields(connId: string, text: string): ConnectionFields {
  return parse(connId, text, fromJsonText);
}

/** What a parameter of a URI stands for. */
type ReadParameter = (text: string) => unknown;

function parse(connId: string, text: string, readParameter: ReadParameter): ConnectionFields {
  try {
    const trimmed = text.trim();
    return trimmed.startsWith("{")
      ? fromJson(connId, trimmed)
      : fromUri(connId, trimmed, readParameter);
  } catch (error) {
    const problem = error instanceof InvalidConnection ? error.message : "it can't be parsed";
    throw new Error(
      `Connection "${connId}" is not valid: ${problem}. ` +
        "Write a URI such as postgres://user:password@host:5432/schema, or JSON with conn_type",
    );
  }
}

function fromJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

class InvalidConnection extends Error {}

function fromJson(connId: string, text: string): ConnectionFields {
  const fields = parseObject(text, "its JSON");
  const unknown = Object.keys(fields).find((field) => !JSON_FIELDS.some((name) => name === field));
  if (unknown !== undefined)
    throw new InvalidConnection(`its JSON has an unknown field "${unknown}"`);
  const { extra } = fields;
  return toFields(connId, {
    connType: toText(fields.conn_type),
    description: toText(fields.description),
    host: toText(fields.host),
    login: toText(fields.login),
    password: toText(fields.password),
    schema: toText(fields.schema),
    // As in Airflow, the number 0 counts as none, and the text "0" does not.
    port: fields.port === 0 ? "" : toText(fields.port),
    extra: typeof extra === "object" ? toPythonJson(extra ?? {}) : toText(extra),
  });
}

function fromUri(connId: string, uri: string, readParameter: ReadParameter): ConnectionFields {
  const schemes = uri.split("://").length - 1;
  if (schemes > 2) throw new InvalidConnection('it has "://" more than twice');
  // "http://https://host": the second scheme belongs to the host.
  const hasHostProtocol = schemes === 2;
  const connType = splitUrl(uri).scheme;
  const rest = uri.replaceAll(`${connType}://`, hasHostProtocol ? "" : "//");
  if (hasHostProtocol && /[@:]/.test(rest.slice(0, rest.indexOf("://")))) {
    throw new InvalidConnection("its login stands before the protocol of its host");
  }
  const { scheme, authority, path, query } = splitUrl(rest);
  const { login, password, host, port } = splitAuthority(authority);
  const pairs = parseQuery(query);
  return toFields(connId, {
    connType,
    description: "",
    host: hasHostProtocol && host ? `${scheme}://${host}` : host,
    login: unquote(login),
    password: unquote(password),
    schema: unquote(path.slice(1)),
    port,
    extra: pairs.get(EXTRA_KEY) ?? toPythonJson(readAll(pairs, readParameter)),
  });
}

function readAll(pairs: ReadonlyMap<string, string>, readParameter: ReadParameter) {
  return Object.fromEntries([...pairs].map(([name, text]) => [name, readParameter(text)]));
}

/** Texts still to be checked; an empty one counts as absent. */
type Parts = Readonly<
  Record<
    "connType" | "description" | "host" | "login" | "password" | "schema" | "port" | "extra",
    string
  >
>;

function toFields(connId: string, parts: Parts): ConnectionFields {
  const { connType, description, host, login, password, schema, port, extra } = parts;
  if (!connType) throw new InvalidConnection("it has no connection type");
  if (extra) parseObject(extra, "its extra");
  return {
    connId,
    connType: connType === "postgresql" ? "postgres" : connType.replaceAll("-", "_"),
    ...(description && { description }),
    ...(host && { host }),
    ...(login && { login }),
    ...(password && { password }),
    ...(schema && { schema }),
    ...(port && { port: parsePort(port) }),
    ...(extra && extra !== "{}" && { extra }),
  };
}

function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidConnection("its port is no number from 0 to 65535");
  return port;
}

function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidConnection(`${what} is not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidConnection(`${what} is no JSON object`);
  }
  return { ...value };
}

function toText(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

/** Python: urllib.parse.urlsplit. It cuts off control characters and spaces at the start. */
function splitUrl(url: string) {
  let start = 0;
  while (url.charCodeAt(start) <= SPACE) start += 1;
  const clean = url.slice(start).replace(/[\t\n\r]/g, "");
  const [, scheme = "", afterScheme = ""] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(clean) ?? [];
  const [, authority = "", path = "", query = ""] =
    /^(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(afterScheme) ?? [];
  checkAuthority(authority);
  return { scheme: scheme.toLowerCase(), authority, path, query };
}

/** Python: _check_bracketed_netloc and _checknetloc. */
function checkAuthority(authority: string): void {
  const address = authority.slice(authority.lastIndexOf("@") + 1);
  if (/[[\]]/.test(authority) && !isBracketed(address)) {
    throw new InvalidConnection(
      "it has square brackets that don't hold an IPv6 address; write %5B and %5D for others",
    );
  }
  const plain = authority.replaceAll(/[@:]/g, "");
  const normal = plain.normalize("NFKC");
  if (normal !== plain && /[/?#@:]/.test(normal)) {
    throw new InvalidConnection("its host has a character that stands for one of / ? # @ :");
  }
}

/**
 * Whether it is "[address]" or "[address]:port". Python: ipaddress.ip_address, or an address of a
 * later kind ("v1.x").
 */
function isBracketed(address: string): boolean {
  const [, host = ""] = /^\[([^[\]]*)\](?::[^[\]]*)?$/.exec(address) ?? [];
  if (host.startsWith("v")) return /^v[0-9A-Fa-f]+\..+$/.test(host);
  const ip = host.replace(/%[^%]+$/, "");
  return /^[0-9A-Fa-f:.]+$/.test(ip) && URL.canParse(`http://[${ip}]`);
}

/** Python: SplitResult.username, .password, .port; and Airflow's own rule for hosts that are paths. */
function splitAuthority(authority: string) {
  const at = authority.lastIndexOf("@");
  const address = authority.slice(at + 1);
  const [login, password] = partition(at < 0 ? "" : authority.slice(0, at), ":");
  const bracketed = address.indexOf("[") >= 0;
  const [rawHost, afterHost] = bracketed
    ? partition(address.slice(address.indexOf("[") + 1), "]")
    : partition(address, ":");
  // Lower case, but not an encoded part of it nor the zone of an IPv6 address.
  const percent = rawHost.indexOf("%");
  const end = percent < 0 ? rawHost.length : percent;
  const host = unquote(rawHost.slice(0, end).toLowerCase() + rawHost.slice(end));
  return {
    login,
    password,
    host: host.includes("/") ? unquote(partition(address, ":")[0]) : host,
    port: bracketed ? partition(afterHost, ":")[1] : afterHost,
  };
}

function partition(text: string, separator: string): readonly [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + separator.length)];
}

/** Python: parse_qsl with keep_blank_values. */
function parseQuery(query: string): ReadonlyMap<string, string> {
  const pairs = query.split("&").filter(Boolean);
  return new Map(
    pairs.map((pair) => {
      const [name, value] = partition(pair.replaceAll("+", " "), "=");
      return [unquote(name), unquote(value)];
    }),
  );
}

/** Python: urllib.parse.unquote: what is not an escape stays, bytes that are not UTF-8 become U+FFFD. */
function unquote(text: string): string {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => {
    const bytes = escapes.split("%").slice(1);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)),
    );
  });
}
