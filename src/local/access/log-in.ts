// The log-in of a server on one machine: needed by whoever reaches it from elsewhere.
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { readOidcSettings } from "../../model/access/oidc-settings.ts";
import { allOf } from "../../ports/pages.ts";
import type { LocalProduct } from "../local-platform.ts";
import { makeMachineToken, readOrMakeApiSecret } from "./api-secrets.ts";

/** A server that others reach has nobody who could log in. */
class NoUsers extends Error {
  override readonly name = "NoUsers";

  readonly hint =
    "Make the first: npx stepwind users create --username NAME --email ADDRESS --firstname NAME --lastname NAME --role Admin";

  constructor(host: string) {
    super(`A server on ${host} needs a log-in, and there is no user who could log in`);
  }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Without one, all users of the machine may do everything: no others may reach it. */
export function needsLogIn({
  host = "127.0.0.1",
  requiresLogIn = false,
}: {
  readonly host?: string;
  readonly requiresLogIn?: boolean;
}): boolean {
  return requiresLogIn || !LOOPBACK.test(host);
}

/** What the API server needs for it. Throws NoUsers while there are none. */
export async function openLogIn(
  { platform: { metadata } }: LocalProduct,
  {
    home,
    host = "127.0.0.1",
    user,
  }: { readonly home: string; readonly host?: string; readonly user: string },
) {
  const oidc = readOidcSettings(process.env);
  const users = oidc ? [] : await allOf(metadata.users.list);
  if (!oidc && !users.some(({ active, password }) => active && password !== undefined)) {
    throw new NoUsers(host);
  }
  const secret = await readOrMakeApiSecret(home);
  return {
    tokenSecret: async () => secret,
    machine: { user, token: await makeMachineToken(home) },
    ...(oidc ? { oidc } : {}),
    addressOf: (c: Context) => getConnInfo(c).remote.address,
  };
}
