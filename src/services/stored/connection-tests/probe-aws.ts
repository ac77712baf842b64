// Tests a connection of AWS: asks STS who its keys belong to (GetCallerIdentity), with a request that
// is signed here. Airflow: AwsGenericHook.test_connection.
import { createHash, createHmac } from "node:crypto";
import { type ConnectionFields, extraOf } from "../../../model/connections/connection-fields.ts";

const SERVICE = "sts";
const BODY = "Action=GetCallerIdentity&Version=2011-06-15";
const TYPE = "application/x-www-form-urlencoded; charset=utf-8";
const DEFAULT_REGION = "us-east-1";

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Keys of the connection, or else those of the process, as AWS's own clients find them. */
export async function probeAws(connection: ConnectionFields, signal: AbortSignal): Promise<string> {
  const extra = extraOf(connection);
  const credentials = credentialsOf(connection, extra);
  const region = textOf(extra.region_name) ?? process.env.AWS_REGION ?? DEFAULT_REGION;
  const url = new URL(endpointOf(extra) ?? `https://sts.${region}.amazonaws.com/`);
  const headers = sign({ url, credentials, region, moment: new Date() });
  const response = await fetch(url, { method: "POST", headers, body: BODY, signal });
  const answer = await response.text();
  if (response.ok) return `Connected as ${/<Arn>([^<]*)<\/Arn>/.exec(answer)?.[1] ?? "unknown"}`;
  const why = /<Message>([^<]*)<\/Message>/.exec(answer)?.[1];
  throw new Error(`STS refuses the keys: ${why ?? `status ${response.status}`}`);
}

/** Airflow: AwsConnectionWrapper. Login and password win over the extra. */
function credentialsOf(
  { login, password }: ConnectionFields,
  extra: Readonly<Record<string, unknown>>,
): Credentials {
  const { env } = process;
  const own = {
    id: login ?? textOf(extra.aws_access_key_id),
    token: textOf(extra.aws_session_token),
  };
  const secret = password ?? textOf(extra.aws_secret_access_key);
  if (own.id && secret) return toCredentials(own.id, secret, own.token);
  if (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY) {
    return toCredentials(env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN);
  }
  throw new Error(
    "The connection has no keys, nor does the server's environment; set login and password to them",
  );
}

function toCredentials(id: string, secret: string, token: string | undefined): Credentials {
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...(token ? { sessionToken: token } : {}),
  };
}

function endpointOf({ endpoint_url: own, service_config: services }: Record<string, unknown>) {
  const sts = isRecord(services) && isRecord(services.sts) ? services.sts.endpoint_url : undefined;
  return textOf(sts) ?? textOf(own) ?? process.env.AWS_ENDPOINT_URL;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** AWS: "Signature Version 4". */
function sign({
  url,
  credentials,
  region,
  moment,
}: {
  readonly url: URL;
  readonly credentials: Credentials;
  readonly region: string;
  readonly moment: Date;
}): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = moment.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const scope = `${time.slice(0, 8)}/${region}/${SERVICE}/aws4_request`;
  const headers: Record<string, string> = {
    "content-type": TYPE,
    host: url.host,
    "x-amz-date": time,
    ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
  };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ["POST", url.pathname, "", lines.join(""), names, sha256(BODY)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = scope
    .split("/")
    .reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${secretAccessKey}`);
  const signature = hmac(key, toSign).toString("hex");
  const { host: _, ...sent } = headers;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
