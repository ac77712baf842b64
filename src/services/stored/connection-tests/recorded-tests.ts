// Tests of connections whose result is asked for later (Airflow: ConnectionTestRequest). The test
// runs before the request for it is answered: a function on AWS does nothing after its answer.
import { randomBytes } from "node:crypto";
import type { ConnectionFields } from "../../../model/connections/connection-fields.ts";
import type { ConnectionTestRecord } from "../../../model/records.ts";
import { toIso } from "../../../model/values/time.ts";
import type { Clock } from "../../../ports/platform.ts";
import { RequestRefused } from "../../request-refused.ts";
import { setConnection } from "../connections.ts";
import type { StoredContext } from "../stored-context.ts";
import { testConnection } from "./test-connection.ts";

const TOKEN_BYTES = 32;
/** One that has not ended by then has died. */
const LEASE_MS = 30_000;

/**
 * Tests the connection, and stores it when that succeeds and is wanted. Refused while another test
 * of a connection of this id is going on.
 */
export async function runRecordedTest(
  context: StoredContext,
  connection: ConnectionFields,
  { clock, isToBeStored }: { readonly clock: Pick<Clock, "now">; readonly isToBeStored: boolean },
): Promise<ConnectionTestRecord> {
  const { connectionTests } = context.metadata;
  const { connId } = connection;
  const before = await connectionTests.get(connId);
  const isGoingOn =
    before?.state === "running" && Date.parse(before.createdAt) + LEASE_MS > clock.now();
  const started: ConnectionTestRecord = {
    connId,
    token: `${Buffer.from(connId).toString("base64url")}.${randomBytes(TOKEN_BYTES).toString("base64url")}`,
    state: "running",
    createdAt: toIso(clock.now()),
  };
  const revision = before?.revision ?? "";
  if (isGoingOn || !(await connectionTests.put(started, { revision }))) {
    throw new RequestRefused(
      "conflict",
      `An active connection test already exists for connection_id \`${connId}\`.`,
    );
  }
  const { status, message } = await testConnection(connection);
  if (status && isToBeStored) await setConnection(context, connection);
  const ended: ConnectionTestRecord = { ...started, state: status ? "success" : "failed", message };
  await connectionTests.put(ended);
  return ended;
}

/** Refused where the token is of no test, or of one that a later one has replaced. */
export async function findRecordedTest(
  { metadata }: StoredContext,
  token: string,
): Promise<ConnectionTestRecord> {
  const connId = Buffer.from(token.split(".")[0] ?? "", "base64url").toString("utf8");
  const record = await metadata.connectionTests.get(connId);
  if (record?.token === token) return record;
  throw new RequestRefused("not-found", `No connection test found for token: \`${token}\``);
}
