// Who asks: every request has a principal from the start, set by what let it in. Records of what
// was done name it.
import type { Context } from "hono";
import { CLIENT_HEADER, type Client } from "../client-header.ts";
import { InvalidRequest } from "../problems.ts";
import type { Permission } from "./permissions.ts";

export interface Principal {
  /** The user that logged in, or the user of this machine; null when it isn't known. */
  readonly name: string | null;
  readonly client: Client;
  /**
   * Whether the caller may do it: to this DAG, to any DAG ("~"), or, without a DAG, at all to things
   * of the kind.
   */
  may(permission: Exclude<Permission, "open">, dagId?: string): boolean;
}

/** May do everything. */
export const ADMIN: Pick<Principal, "may"> = { may: () => true };

const CLIENTS: readonly Client[] = ["cli", "ui", "rest_api"];

/** The client that the request names itself; "rest_api" when it doesn't. Refuses other names. */
export function clientOf(c: Context): Client {
  const input = c.req.header(CLIENT_HEADER);
  if (input === undefined) return "rest_api";
  const client = CLIENTS.find((known) => known === input);
  if (client !== undefined) return client;
  const msg = `Input should be ${CLIENTS.map((known) => `'${known}'`).join(" or ")}`;
  throw new InvalidRequest([{ type: "enum", loc: ["header", CLIENT_HEADER], msg, input }]);
}
