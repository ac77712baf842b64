// Who asks: every request has a principal from the start, set by what let it in. Records of what
// was done name it.
import type { Context } from "hono";
import type { Access } from "../../model/access/principal-access.ts";
import { CLIENT_HEADER, type Client } from "../client-header.ts";
import { InvalidRequest } from "../problems.ts";

export interface Principal extends Access {
  /** The user that logged in, or the user of this machine; null when it isn't known. */
  readonly name: string | null;
  readonly client: Client;
}

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
