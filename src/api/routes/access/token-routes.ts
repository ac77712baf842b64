// API tokens of users: everybody's own, and for those who may edit users, others', too.

import type { ApiTokenRecord } from "../../../model/access/records.ts";
import { forbidden } from "../../access/forbidden.ts";
import type { Principal } from "../../access/principal.ts";
import { ANY } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { toWireDate, toWireDateOrNull } from "../../responses/wire.ts";

export const tokenOperations: Operations = ({ access: { users, apiTokens } }) => [
  operation("get_api_tokens", {
    permission: "GET my_profile",
    async handle({ path, c }) {
      const { username } = await users.get(userOf(path, c.var.principal));
      const tokens = (await apiTokens.list(username)).map(toResponse);
      return { api_tokens: tokens, total_entries: tokens.length };
    },
  }),
  operation("create_api_token", {
    permission: "PUT my_profile",
    async handle({ path, body, c, changed }) {
      const { username } = await users.get(userOf(path, c.var.principal));
      const { record, text } = await apiTokens.create(username, {
        name: body.name,
        ...(body.seconds == null ? {} : { seconds: body.seconds }),
      });
      changed(undefined, { username, id: record.id, name: record.name });
      return { ...toResponse(record), access_token: text };
    },
  }),
  operation("revoke_api_token", {
    permission: "PUT my_profile",
    async handle({ path, c, changed }) {
      const { username } = await users.get(userOf(path, c.var.principal));
      await apiTokens.revoke(username, path.token_id);
      changed({ username, id: path.token_id }, undefined);
      return undefined;
    },
  }),
  operation("revoke_user_tokens", {
    permission: "PUT my_profile",
    async handle({ path, c, changed }) {
      const username = userOf(path, c.var.principal);
      await users.revokeTokens(username);
      changed({ username }, undefined);
      return undefined;
    },
  }),
];

/** "~" is whoever asks. Throws a 403 for somebody else, unless the caller may edit users. */
function userOf({ username }: { readonly username: string }, principal: Principal): string {
  const named = username === ANY ? principal.name : username;
  if (named === null) throw new Problem(400, "Nobody is logged in; name the user");
  if (named !== principal.name && !principal.may("PUT user")) throw forbidden("PUT user");
  return named;
}

function toResponse(token: ApiTokenRecord): Schema<"ApiTokenResponse"> {
  return {
    id: token.id,
    username: token.username,
    name: token.name,
    created_on: toWireDate(token.createdAt),
    expires_on: toWireDateOrNull(token.expiresAt),
  };
}
