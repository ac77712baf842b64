// Masks secrets in what people read: logs, errors, rendered fields. Airflow: the SecretsMasker of
// airflow-shared (secrets_masker.py), whose names and shortest length these are.
import type { Connection } from "../task-services.ts";
import type { Json, JsonObject } from "../values/json.ts";

/** What a secret is replaced with. */
export const MASK = "***";

/** Shorter secrets are not masked (Airflow: logging.min_length_masked_secret). */
const MIN_LENGTH = 5;

/** Names that hold one of these hold secrets (Airflow: DEFAULT_SENSITIVE_FIELDS). */
const SENSITIVE_NAMES = [
  "access_key",
  "access_token",
  "api_key",
  "apikey",
  "auth_header",
  "authorization",
  "bearer",
  "connection_string",
  "dsn",
  "passphrase",
  "passwd",
  "password",
  "private_key",
  "proxy",
  "proxies",
  "secret",
  "service_account",
  "service_key",
  "token",
  "keyfile_dict",
  "webhook_url",
];

/** Too common to be hidden wherever it stands (Airflow: SECRETS_TO_SKIP_MASKING). */
const NEVER_MASKED = "airflow";

/** Whether what has this name, a variable or a key of JSON, is a secret. */
export function isSensitiveName(name: string): boolean {
  // As in Python, where letters and digits of any script are parts of words.
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]+/gu, "_");
  return SENSITIVE_NAMES.some((sensitive) => plain.includes(sensitive));
}

export interface SecretMasker {
  /**
   * From now on the text is masked, also in the form that JSON and URLs give it, and each of its
   * lines.
   */
  add(secret: string): void;
  /** The connection's password, and what has a sensitive name in its extra. */
  addConnection(connection: Pick<Connection, "password" | "extra">): void;
  /** The variable's value, if its name is sensitive; of JSON, what has a sensitive name in it. */
  addVariable(name: string, value: string): void;
  /** Of the fields, what has a sensitive name. */
  addFields(fields: JsonObject): void;
  /** The text without the secrets that were added. */
  mask(text: string): string;
  /** The value with `mask` applied to its texts, and without what has a sensitive name. */
  redact(value: Json, name?: string): Json;
  redactFields(fields: JsonObject): JsonObject;
}

/** A masker that knows the given secrets; more are added as a try asks for them. */
export function createSecretMasker(initial: Iterable<string> = []): SecretMasker {
  const known = new Set<string>();
  /** The longest first, so that no secret is masked only where it holds another. */
  let sorted: readonly string[] | undefined;

  function addForm(text: string): void {
    if (text.length < MIN_LENGTH || text.toLowerCase() === NEVER_MASKED || known.has(text)) return;
    known.add(text);
    sorted = undefined;
  }

  function add(secret: string): void {
    for (const text of new Set([secret, secret.trim(), ...secret.split(/\r?\n/)])) {
      addForm(text);
      addForm(JSON.stringify(text).slice(1, -1));
      addForm(toUrlForm(text));
    }
  }

  function mask(text: string): string {
    if (known.size === 0) return text;
    sorted ??= [...known].sort((a, b) => b.length - a.length);
    return sorted.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
  }

  function redact(value: Json, name?: string): Json {
    const hides = name !== undefined && isSensitiveName(name);
    if (typeof value === "string") return hides ? MASK : mask(value);
    if (typeof value !== "object" || value === null) return value;
    if (isList(value)) return value.map((item) => redact(item, hides ? name : undefined));
    return redactFields(value, hides ? name : undefined);
  }

  /** `name` hides all of them. */
  function redactFields(fields: JsonObject, name?: string): JsonObject {
    return Object.fromEntries(
      Object.entries(fields).map(([key, item]) => [key, redact(item, name ?? key)]),
    );
  }

  for (const secret of initial) add(secret);
  return {
    add,
    mask,
    redact,
    redactFields: (fields) => redactFields(fields),
    addConnection({ password, extra }) {
      if (password !== undefined) add(password);
      for (const text of sensitiveTexts(extra)) add(text);
    },
    addFields(fields) {
      for (const text of sensitiveTexts(fields)) add(text);
    },
    addVariable(name, value) {
      if (isSensitiveName(name)) add(value);
      for (const text of sensitiveTexts(parseJson(value), isSensitiveName(name))) add(text);
    },
  };
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}

/** The texts under sensitive names, however deep; all of them where the whole is sensitive. */
export function sensitiveTexts(value: unknown, isSensitive = false): readonly string[] {
  if (typeof value === "string") return isSensitive ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    sensitiveTexts(inner, isSensitive || (!Array.isArray(value) && isSensitiveName(name))),
  );
}

/** Undefined for a text that is not the JSON of an object or a list. */
export function parseJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As Python's quote() writes it; a lone surrogate has no form in a URL. */
function toUrlForm(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : text;
}
