// Connections, as people set them (Airflow: models/connection.py). Passwords and extras are sealed
// when they are written.
import type { ConnectionFields } from "../../model/connections/connection-fields.ts";
import type { ConnectionRecord } from "../../model/records.ts";
import { itemsOf } from "../../ports/pages.ts";
import { RequestRefused } from "../request-refused.ts";
import { CannotDecrypt, type SealedThing } from "./sealing.ts";
import type { StoredContext } from "./stored-context.ts";

/** A connection with what it takes to show it. */
export interface ShownConnection {
  /** Without what can't be decrypted; `problem` says why. */
  readonly connection: ConnectionFields;
  readonly problem?: CannotDecrypt;
  readonly isEncrypted: boolean;
  readonly isExtraEncrypted: boolean;
}

/** By id, sealed. */
export async function listConnections({
  metadata,
}: StoredContext): Promise<readonly ConnectionRecord[]> {
  const found: ConnectionRecord[] = [];
  for await (const { revision: _, ...record } of itemsOf(metadata.connections.list)) {
    found.push(record);
  }
  return found;
}

/** Undefined when there is none. Throws CannotDecrypt when its key is lost. */
export async function readConnection(
  context: StoredContext,
  connId: string,
): Promise<ConnectionFields | undefined> {
  const record = await context.metadata.connections.get(connId);
  return record && openConnection(context, record);
}

/** Throws RequestRefused when there is none. */
export async function getConnection(
  { metadata }: StoredContext,
  connId: string,
): Promise<ConnectionRecord> {
  const record = await metadata.connections.get(connId);
  if (!record) throw noSuchConnection(connId);
  const { revision: _, ...connection } = record;
  return connection;
}

export async function showConnection(
  context: StoredContext,
  record: ConnectionRecord,
): Promise<ShownConnection> {
  const { sealedPassword, sealedExtra, ...fields } = record;
  const marks = {
    isEncrypted: sealedPassword !== undefined,
    isExtraEncrypted: sealedExtra !== undefined,
  };
  try {
    return { ...marks, connection: await openConnection(context, record) };
  } catch (problem) {
    if (!(problem instanceof CannotDecrypt)) throw problem;
    return { ...marks, connection: fields, problem };
  }
}

/** Makes the connection, or replaces it. Repeating is safe. */
export async function setConnection(
  context: StoredContext,
  connection: ConnectionFields,
): Promise<void> {
  await context.metadata.connections.put(await sealConnection(context, connection));
}

/** False when there is one of the id, which stays as it is. */
export async function addConnection(
  context: StoredContext,
  connection: ConnectionFields,
): Promise<boolean> {
  const record = await sealConnection(context, connection);
  return context.metadata.connections.put(record, { revision: "" });
}

/** Refused when there is one of the id. */
export async function createConnection(
  context: StoredContext,
  connection: ConnectionFields,
): Promise<void> {
  if (await addConnection(context, connection)) return;
  throw new RequestRefused(
    "conflict",
    `The Connection with connection_id: \`${connection.connId}\` already exists`,
  );
}

/** Refused when there is none. */
export async function deleteConnection(context: StoredContext, connId: string): Promise<void> {
  await getConnection(context, connId);
  await context.metadata.connections.delete(connId);
  await context.metadata.connectionTests.delete(connId);
}

async function openConnection(
  { sealer }: StoredContext,
  { sealedPassword, sealedExtra, ...fields }: ConnectionRecord,
): Promise<ConnectionFields> {
  const { connId, connType, description, host, login, schema, port } = fields;
  const open = async (field: "password" | "extra", sealed: string | undefined) =>
    sealed === undefined ? {} : { [field]: await sealer.open(sealed, thingOf(connId, field)) };
  return {
    connId,
    connType,
    ...(description === undefined ? {} : { description }),
    ...(host === undefined ? {} : { host }),
    ...(login === undefined ? {} : { login }),
    ...(schema === undefined ? {} : { schema }),
    ...(port === undefined ? {} : { port }),
    ...(await open("password", sealedPassword)),
    ...(await open("extra", sealedExtra)),
  };
}

async function sealConnection(
  { sealer }: StoredContext,
  { password, extra, ...fields }: ConnectionFields,
): Promise<ConnectionRecord> {
  const seal = (field: "password" | "extra", text: string) =>
    sealer.seal(text, thingOf(fields.connId, field));
  return {
    ...fields,
    ...(password ? { sealedPassword: await seal("password", password) } : {}),
    ...(extra ? { sealedExtra: await seal("extra", extra) } : {}),
  };
}

function thingOf(connId: string, field: "password" | "extra"): SealedThing {
  return { kind: "Connection", name: connId, field };
}

function noSuchConnection(connId: string): RequestRefused {
  return new RequestRefused(
    "not-found",
    `The Connection with connection_id: \`${connId}\` was not found`,
  );
}
