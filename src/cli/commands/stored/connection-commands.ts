// What the `stepwind connections` commands do.
import type { ConnectionFields } from "../../../model/connections/connection-fields.ts";
import { parseConnectionFields } from "../../../model/connections/connection-text.ts";
import { toConnectionUri } from "../../../model/connections/connection-uri.ts";
import { MASK } from "../../../model/connections/secret-masker.ts";
import { type Api, ApiError, path } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { printRows } from "../../terminal/show.ts";
import type { Column, Output } from "../../terminal/table.ts";
import { exportedConnections, readConnections, toBody } from "./connection-files.ts";
import { checkShown, type ShownValues } from "./list-options.ts";

/** A connection as Airflow's command prints it. */
type Row = Readonly<Record<string, unknown>>;

const FULL = [
  "conn_id",
  "conn_type",
  "description",
  "host",
  "schema",
  "login",
  "password",
  "port",
  "is_encrypted",
  "is_extra_encrypted",
  "extra_dejson",
  "get_uri",
];

export async function listConnections(
  session: Session,
  places: Places,
  shown: ShownValues,
): Promise<void> {
  checkShown(shown);
  const { output, showValues, hideSensitive } = shown;
  await withConnection(places, async ({ api }) => {
    if (!showValues) {
      const rows = await everyId(api);
      await printRows(session, rows, { columns: columnsOf(["conn_id", "conn_type"]), output });
      return;
    }
    const rows = (await exportedConnections(api)).map((each) => toRow(each, hideSensitive));
    await printRows(session, rows, { columns: columnsOf(FULL), output });
  });
}

export async function showConnection(
  session: Session,
  places: Places,
  { connId, output }: { readonly connId: string; readonly output: Output },
): Promise<void> {
  await withConnection(places, async ({ api }) => {
    const [found] = await exportedConnections(api, connId);
    if (!found) throw noSuchConnection(connId);
    await printRows(session, [toRow(found, false)], { columns: columnsOf(FULL), output });
  });
}

export interface AddOptions {
  readonly connUri?: string;
  readonly connJson?: string;
  readonly connType?: string;
  readonly connDescription?: string;
  readonly connHost?: string;
  readonly connLogin?: string;
  readonly connPassword?: string;
  readonly connSchema?: string;
  readonly connPort?: string;
  readonly connExtra?: string;
}

export async function addConnection(
  session: Session,
  places: Places,
  { connId, options }: { readonly connId: string; readonly options: AddOptions },
): Promise<void> {
  const connection = toConnection(connId, options);
  await withConnection(places, ({ api }) => api.post("/connections", toBody(connection)), "change");
  session.terminal.out(`Successfully added \`conn_id\`=${connId}\n`);
}

/** Airflow: connections_add, and the combinations that it refuses. */
function toConnection(connId: string, options: AddOptions): ConnectionFields {
  const { connUri: uri, connJson: json, connType: type, connExtra: extra } = options;
  const description = options.connDescription ?? undefined;
  if (uri !== undefined && json !== undefined) {
    throw wrong("Cannot supply both conn-uri and conn-json");
  }
  const text = uri ?? json;
  if (text === undefined) {
    if (type === undefined) {
      throw wrong("Must supply either conn-uri or conn-json if not supplying conn-type");
    }
    return {
      connId,
      connType: type,
      ...(description === undefined ? {} : { description }),
      ...(options.connHost === undefined ? {} : { host: options.connHost }),
      ...(options.connLogin === undefined ? {} : { login: options.connLogin }),
      ...(options.connPassword === undefined ? {} : { password: options.connPassword }),
      ...(options.connSchema === undefined ? {} : { schema: options.connSchema }),
      ...(options.connPort === undefined ? {} : { port: toPort(options.connPort) }),
      ...(extra === undefined ? {} : { extra }),
    };
  }
  const flag = uri === undefined ? "json" : "uri";
  const others = ["Type", "Host", "Login", "Password", "Schema", "Port"] as const;
  const clashing = others
    .filter((name) => options[`conn${name}`] !== undefined)
    .map((name) => `--conn-${name.toLowerCase()}`);
  if (json !== undefined && extra !== undefined) clashing.push("--conn-extra");
  if (clashing.length > 0) {
    throw wrong(
      `The following args are not compatible with the --conn-${flag} flag: ${clashing.join(", ")}`,
    );
  }
  return {
    ...parseConnectionFields(connId, text),
    ...(description === undefined ? {} : { description }),
    ...(extra === undefined ? {} : { extra }),
  };
}

function toPort(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw wrong(`"${text}" is not a port; write a whole number from 0 to 65535`);
}

function wrong(message: string): Failure {
  return new Failure(message, { exitCode: 2 });
}

export async function deleteConnection(
  { terminal }: Session,
  places: Places,
  connId: string,
): Promise<void> {
  await withConnection(places, ({ api }) => api.delete(path`/connections/${connId}`), "change");
  terminal.out(`Successfully deleted connection with \`conn_id\`=${connId}\n`);
}

export async function importConnections(
  { terminal }: Session,
  places: Places,
  { file, overwrite }: { readonly file: string; readonly overwrite: boolean },
): Promise<void> {
  const connections = await readConnections(file);
  const work = async ({ api }: { readonly api: Api }) => {
    for (const connection of connections) {
      const { connId } = connection;
      terminal.out(
        (await putConnection(api, connection, overwrite))
          ? `Imported connection ${connId}\n`
          : `Could not import connection ${connId}: connection already exists.\n`,
      );
    }
  };
  await withConnection(places, work, "change");
}

/** False when there is one that is to stay. */
async function putConnection(
  api: Api,
  connection: ConnectionFields,
  overwrite: boolean,
): Promise<boolean> {
  const answer = await api.patch<{
    readonly create: { readonly success: readonly string[]; readonly errors: readonly object[] };
  }>("/connections", {
    actions: [
      {
        action: "create",
        entities: [toBody(connection)],
        action_on_existence: overwrite ? "overwrite" : "skip",
      },
    ],
  });
  const [error] = answer.create.errors;
  if (error) throw new Failure(String(Reflect.get(error, "error")));
  return answer.create.success.length > 0;
}

/** The exit code is 1 when the test fails. */
export async function testConnection(
  session: Session,
  places: Places,
  connId: string,
): Promise<void> {
  const { terminal, paint } = session;
  terminal.out(`Retrieving connection: '${connId}'\n`);
  const { status, message } = await withConnection(places, async ({ api }) => {
    const { conn_type } = await findConnection(api, connId);
    terminal.out("\nTesting...\n");
    return api.post<{ readonly status: boolean; readonly message: string }>("/connections/test", {
      connection_id: connId,
      conn_type,
    });
  });
  if (status) {
    terminal.out(`${paint.green("\nConnection success!")}\n${message}\n`);
    return;
  }
  terminal.out(`${paint.red("\nConnection failed!")}\n${message}\n`);
  session.exitCode = 1;
}

async function findConnection(api: Api, connId: string): Promise<{ readonly conn_type: string }> {
  try {
    return await api.get(path`/connections/${connId}`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) throw noSuchConnection(connId);
    throw error;
  }
}

export async function createDefaultConnections(
  { terminal }: Session,
  places: Places,
): Promise<void> {
  await withConnection(places, ({ api }) => api.post("/connections/defaults", undefined), "change");
  terminal.out(
    "The default connections are there; those that were there before are as they were\n",
  );
}

/** Encrypts everything with the newest key. */
export async function rotateKeys({ terminal }: Session, places: Places): Promise<void> {
  const { variables, connections } = await withConnection(
    places,
    ({ api }) =>
      api.post<{ readonly variables: number; readonly connections: number }>(
        "/ui/encryption-keys/rotate",
        undefined,
      ),
    "change",
  );
  terminal.out(
    `Encrypted again with the newest key: ${variables} variables, ${connections} connections\n`,
  );
}

async function everyId(api: Api): Promise<readonly Row[]> {
  const found: Row[] = [];
  for (;;) {
    const { connections, total_entries: total } = await api.get<{
      readonly connections: readonly {
        readonly connection_id: string;
        readonly conn_type: string;
      }[];
      readonly total_entries: number;
    }>("/connections", { limit: 1_000, offset: found.length });
    for (const each of connections) {
      found.push({ conn_id: each.connection_id, conn_type: each.conn_type });
    }
    if (connections.length === 0 || found.length >= total) return found;
  }
}

function toRow(
  {
    connection,
    isEncrypted,
    isExtraEncrypted,
  }: Awaited<ReturnType<typeof exportedConnections>>[number],
  hideSensitive: boolean,
): Row {
  const { connId, connType, extra, password, ...others } = connection;
  const uri = toConnectionUri(connection);
  return {
    conn_id: connId,
    conn_type: connType,
    description: others.description ?? null,
    host: others.host ?? null,
    schema: others.schema ?? null,
    login: others.login ?? null,
    password: password === undefined ? null : hideSensitive ? MASK : password,
    port: others.port ?? null,
    is_encrypted: isEncrypted,
    is_extra_encrypted: isExtraEncrypted,
    extra_dejson: extra === undefined ? {} : hideSensitive ? MASK : JSON.parse(extra),
    get_uri: hideSensitive ? maskUri(uri) : uri,
  };
}

/** Its login and password, and its parameters, which may be secrets as well. */
function maskUri(uri: string): string {
  return uri.replace(/\/\/[^/?@]*@/, `//${MASK}:${MASK}@`).replace(/\?.*$/, `?${MASK}`);
}

function columnsOf(names: readonly string[]): readonly Column<Row>[] {
  return names.map((name) => ({ name, value: (row) => toCell(row[name]) }));
}

function toCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function noSuchConnection(connId: string): Failure {
  return new Failure(`There is no connection "${connId}"`, {
    hint: "npx stepwind connections list shows those that are stored",
  });
}
