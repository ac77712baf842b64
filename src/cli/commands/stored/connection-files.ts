// Connections in files, as Airflow's command exports and imports them.
import type { ConnectionFields } from "../../../model/connections/connection-fields.ts";
import { parseConnectionFields } from "../../../model/connections/connection-text.ts";
import { toConnectionUri } from "../../../model/connections/connection-uri.ts";
import { toPythonJson } from "../../../model/connections/python-json.ts";
import type { Api } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { countOf } from "../../terminal/text.ts";
import { isRecord, readSecretFile, toYaml, writeSecretFile } from "./secret-files.ts";

interface Exported {
  readonly connection: ConnectionFields;
  readonly isEncrypted: boolean;
  readonly isExtraEncrypted: boolean;
}

/** With their secrets in clear: all that are stored, or the one of the id. */
export async function exportedConnections(api: Api, connId?: string): Promise<readonly Exported[]> {
  const query = connId === undefined ? "" : `?connection_id=${encodeURIComponent(connId)}`;
  const { connections } = await api.post<{ readonly connections: readonly ExportedBody[] }>(
    `/ui/connections/export${query}`,
    undefined,
  );
  return connections.map(
    ({ connection_id, conn_type, is_encrypted, is_extra_encrypted, ...others }) => ({
      connection: { connId: connection_id, connType: conn_type, ...others },
      isEncrypted: is_encrypted,
      isExtraEncrypted: is_extra_encrypted,
    }),
  );
}

interface ExportedBody extends Omit<ConnectionFields, "connId" | "connType"> {
  readonly connection_id: string;
  readonly conn_type: string;
  readonly is_encrypted: boolean;
  readonly is_extra_encrypted: boolean;
}

/** As the API takes it. */
export function toBody({ connId, connType, ...others }: ConnectionFields): object {
  return { connection_id: connId, conn_type: connType, ...others };
}

export type FileFormat = "json" | "yaml" | "env";

export async function exportConnections(
  { terminal }: Session,
  places: Places,
  {
    file,
    format,
    serialization,
  }: {
    readonly file: string;
    readonly format: FileFormat | undefined;
    readonly serialization: "json" | "uri" | undefined;
  },
): Promise<void> {
  const chosen = format ?? (file === "-" ? "json" : formatOf(file));
  if (serialization !== undefined && chosen !== "env") {
    throw new Failure("--serialization-format may only be used with the file format env", {
      exitCode: 2,
    });
  }
  await withConnection(places, async ({ api }) => {
    const connections = (await exportedConnections(api)).map(({ connection }) => connection);
    await writeSecretFile(terminal, file, await formatAs(connections, chosen, serialization));
    const count = `${countOf(connections.length, "connection")} successfully exported`;
    if (file === "-") terminal.err(`\n${count}\n`);
    else terminal.out(`${count} to ${file}\n`);
  });
}

function formatOf(file: string): FileFormat {
  const extension = /\.(json|yaml|env)$/i.exec(file)?.[1]?.toLowerCase();
  if (extension === "json" || extension === "yaml" || extension === "env") return extension;
  throw new Failure(`${file} has no format that can be written`, {
    hint: "The file must have the extension .yaml, .json or .env, or give --file-format",
    exitCode: 2,
  });
}

async function formatAs(
  connections: readonly ConnectionFields[],
  format: FileFormat,
  serialization: "json" | "uri" = "uri",
): Promise<string> {
  if (format === "env") {
    const write = (each: ConnectionFields) =>
      serialization === "uri" ? toConnectionUri(each) : toPythonJson(toEntry(each));
    return connections.map((each) => `${each.connId}=${write(each)}\n`).join("");
  }
  const entries = Object.fromEntries(connections.map((each) => [each.connId, toEntry(each)]));
  return format === "yaml" ? toYaml(entries) : toPythonJson(entries, 2);
}

/** Airflow: _connection_to_dict. */
function toEntry(connection: ConnectionFields) {
  return {
    conn_type: connection.connType,
    description: connection.description ?? null,
    login: connection.login ?? null,
    password: connection.password ?? null,
    host: connection.host ?? null,
    port: connection.port ?? null,
    schema: connection.schema ?? null,
    extra: connection.extra ?? null,
  };
}

/** The connections of a file: each a URI, JSON text or an object with Airflow's fields. */
export async function readConnections(file: string): Promise<readonly ConnectionFields[]> {
  const entries = Object.entries(await readSecretFile(file));
  return entries.map(([connId, value]) => readEntry(connId, value));
}

function readEntry(connId: string, value: unknown): ConnectionFields {
  const [only] = Array.isArray(value) && value.length === 1 ? value : [value];
  if (typeof only === "string") return parseConnectionFields(connId, only);
  if (!isRecord(only)) {
    throw new Failure(`Connection "${connId}" of the file must be a URI or an object`);
  }
  const { conn_id: id = connId, extra_dejson: dejson, uri, ...fields } = only;
  if (id !== connId) {
    throw new Failure(`Connection "${connId}" of the file has another conn_id in itself`);
  }
  if (typeof uri === "string") return parseConnectionFields(connId, uri);
  if (dejson !== undefined && fields.extra !== undefined) {
    throw new Failure(`Connection "${connId}" of the file has both extra and extra_dejson`, {
      hint: "Keep one of them",
    });
  }
  const extra = dejson === undefined ? {} : { extra: dejson };
  return parseConnectionFields(connId, JSON.stringify({ ...fields, ...extra }));
}
