// Which names and URIs assets may have, and the form in which URIs are compared (Airflow:
// task-sdk/definitions/asset).

/** Longest name, URI or group, in characters. */
const MAX_LENGTH = 1_500;

/** Names that the context of a task has for itself. */
const TAKEN = ["self", "context"];

/** What keeps the value from being the name of an asset or an alias; undefined if nothing does. */
export function findAssetNameFlaw(value: unknown, kind: "asset" | "alias"): string | undefined {
  const flaw = findTextFlaw(value, "name");
  if (flaw !== undefined) return flaw;
  if (kind === "asset" && TAKEN.some((name) => name === value))
    return `can't have the name "${value}"`;
  return undefined;
}

/** What keeps the value from being the URI of an asset. */
export function findAssetUriFlaw(value: unknown): string | undefined {
  const flaw = findTextFlaw(value, "uri");
  if (flaw !== undefined) return flaw;
  const uri = String(value);
  if (/[^\u0020-\u007e]/.test(uri)) return "has a uri with other characters than those of ASCII";
  if (schemeOf(uri) === "airflow") return 'has a uri with the scheme "airflow", which is reserved';
  return undefined;
}

/** What keeps the value from being the group of an asset or an alias. */
export function findAssetGroupFlaw(value: unknown): string | undefined {
  return value === "" ? undefined : findTextFlaw(value, "group");
}

function findTextFlaw(value: unknown, what: string): string | undefined {
  if (typeof value !== "string") return `takes a text as ${what}, got ${JSON.stringify(value)}`;
  if (value.trim() === "") return `has an empty ${what}`;
  if (value.length > MAX_LENGTH) {
    return `has a ${what} of ${value.length} characters; it may have ${MAX_LENGTH}`;
  }
  return undefined;
}

const PARTS = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/s;

function schemeOf(uri: string): string | undefined {
  return PARTS.exec(uri)?.[1]?.toLowerCase();
}

/**
 * The URI in the form that tells assets apart: without log-in, fragment and slashes at the end, its
 * query sorted. What has no scheme, or one of "x-…", stays as it is (Airflow: _sanitize_uri).
 */
export function normalizeAssetUri(uri: string): string {
  const [, scheme, host, path = "", query = ""] = PARTS.exec(uri) ?? [];
  if (scheme === undefined || /^x-/i.test(scheme)) return uri;
  const place = host === undefined ? "" : `//${host.slice(host.lastIndexOf("@") + 1)}`;
  const sorted = sortQuery(query);
  const end = sorted === "" ? "" : `?${sorted}`;
  return `${scheme.toLowerCase()}:${place}${path.replace(/\/+$/, "") || "/"}${end}`;
}

/** As Python writes a query; names without a value are left out. */
function sortQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].filter(([, value]) => value !== "");
  pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return new URLSearchParams(pairs).toString().replaceAll("%7E", "~").replaceAll("*", "%2A");
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
