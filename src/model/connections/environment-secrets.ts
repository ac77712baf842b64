// The secrets in the environment of a process that runs user code: a task that prints its environment
// must not show them.
import { parseConnection } from "./connection-text.ts";
import { isSensitiveName, parseJson, sensitiveTexts } from "./secret-masker.ts";

type Environment = Readonly<Record<string, string | undefined>>;
const CONNECTION = /^(?:AIRFLOW|STEPWIND)_CONN_(.+)$/;
const VARIABLE = /^(?:AIRFLOW|STEPWIND)_VAR_(.+)$/;
/** Names with "proxy" in them, and values that say where something is, or whether. */
const NO_SECRET_NAME = /proxy/i;
const NO_SECRET_VALUE = /^(?:true|false|none|\d+|[./~].*)$/i;

/** Passwords of connections, values of sensitive variables, and whatever has a sensitive name. */
export function secretsOfEnvironment(environment: Environment): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value ? secretsOf(name, value) : [],
  );
}

function secretsOf(name: string, value: string): readonly string[] {
  const [, connId] = CONNECTION.exec(name) ?? [];
  if (connId !== undefined) return secretsOfConnection(connId, value);
  const [, key] = VARIABLE.exec(name) ?? [];
  if (key !== undefined) return secretsOfVariable(key, value);
  const isSecret =
    isSensitiveName(name) && !NO_SECRET_NAME.test(name) && !NO_SECRET_VALUE.test(value);
  return isSecret ? [value] : [];
}

/** What is no connection is hidden whole: it may be a secret that was written wrongly. */
function secretsOfConnection(connId: string, text: string): readonly string[] {
  try {
    const { password, extra } = parseConnection(connId, text);
    return [...(password === undefined ? [] : [password]), ...sensitiveTexts(extra)];
  } catch {
    return [text];
  }
}

function secretsOfVariable(key: string, text: string): readonly string[] {
  const inside = sensitiveTexts(parseJson(text), isSensitiveName(key));
  return isSensitiveName(key) ? [text, ...inside] : inside;
}
