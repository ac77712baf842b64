// What the `stepwind tokens` commands do.
import type { Schema } from "../../../api/document/shapes.ts";
import { path } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { printRows } from "../../terminal/show.ts";
import type { Column, Output } from "../../terminal/table.ts";

type Token = Schema<"ApiTokenResponse">;

const COLUMNS: readonly Column<Token>[] = [
  { name: "id", value: ({ id }) => id },
  { name: "name", value: ({ name }) => name },
  { name: "username", value: ({ username }) => username },
  { name: "created_on", value: (token) => token.created_on },
  { name: "expires_on", value: (token) => token.expires_on ?? "never" },
];

const DAY_SECONDS = 86_400;

export async function createToken(
  { terminal }: Session,
  places: Places,
  {
    username,
    name,
    days,
  }: { readonly username: string; readonly name: string; readonly days?: number },
): Promise<void> {
  const body = { name, ...(days === undefined ? {} : { seconds: days * DAY_SECONDS }) };
  const made = await withConnection(
    places,
    ({ api }) =>
      api.post<Schema<"NewApiTokenResponse">>(path`/auth/users/${username}/tokens`, body),
    "change",
  );
  terminal.err(`Token ${made.id} of ${made.username}; it is shown this once:\n`);
  terminal.out(`${made.access_token}\n`);
}

export async function listTokens(
  session: Session,
  places: Places,
  { username, output }: { readonly username: string; readonly output: Output },
): Promise<void> {
  await withConnection(places, async ({ api }) => {
    const found = await api.get<Schema<"ApiTokenCollectionResponse">>(
      path`/auth/users/${username}/tokens`,
    );
    await printRows(session, found.api_tokens, { columns: COLUMNS, output });
  });
}

export async function revokeToken(
  { terminal }: Session,
  places: Places,
  { username, id, all }: { readonly username: string; readonly id?: string; readonly all: boolean },
): Promise<void> {
  if ((id === undefined) !== all) {
    throw new Failure("Which token is to be revoked is not clear", {
      hint: "Give its id, or --all",
      exitCode: 2,
    });
  }
  const every = path`/auth/users/${username}/tokens`;
  const one = id === undefined ? every : path`/auth/users/${username}/tokens/${id}`;
  await withConnection(places, ({ api }) => api.delete(one), "change");
  terminal.out(id === undefined ? "All tokens are void\n" : `Token ${id} is void\n`);
}
