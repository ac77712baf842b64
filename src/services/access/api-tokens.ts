// API tokens of users, for programs: made once, stored as a hash, void when they are revoked, are
// over, or the user is gone.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type ApiTokenRecord, apiTokenKey } from "../../model/access/records.ts";
import type { Metadata } from "../../ports/metadata.ts";
import { allOf, itemsOf } from "../../ports/pages.ts";
import type { Clock } from "../../ports/platform.ts";
import { RequestRefused } from "../request-refused.ts";

type Storage = Pick<Metadata, "apiTokens">;

export interface ApiTokens {
  /** The text is told once. `seconds` until it is over; absent: never. */
  create(
    username: string,
    options: { readonly name: string; readonly seconds?: number },
  ): Promise<{ readonly record: ApiTokenRecord; readonly text: string }>;
  list(username: string): Promise<readonly ApiTokenRecord[]>;
  revoke(username: string, id: string): Promise<void>;
  /** The user whose token the text is; undefined for any other text. */
  verify(text: string): Promise<string | undefined>;
}

/** So that leaked tokens are found by scanners, and told from others. */
const PREFIX = "stepwind";
const SECRET_BYTES = 32;
const ID_BYTES = 8;
const MOST_TOKENS = 50;

const TEXT = /^stepwind\.([\w-]+)\.([0-9a-f]{16})\.([\w-]{43})$/;

/** Whether the text looks like one, and not like a JWT. */
export function isApiToken(text: string): boolean {
  return text.startsWith(`${PREFIX}.`);
}

export function createApiTokens({
  metadata,
  clock,
}: {
  readonly metadata: Storage;
  readonly clock: Pick<Clock, "now">;
}): ApiTokens {
  const list = (username: string) =>
    allOf((page) =>
      metadata.apiTokens.list({ ...page, prefix: apiTokenKey({ username, id: "" }) }),
    );

  return {
    async create(username, { name, seconds }) {
      if ((await list(username)).length >= MOST_TOKENS) {
        throw new RequestRefused(
          "conflict",
          `User \`${username}\` has ${MOST_TOKENS} tokens; revoke one that isn't used`,
        );
      }
      const now = clock.now();
      const id = randomBytes(ID_BYTES).toString("hex");
      const secret = randomBytes(SECRET_BYTES).toString("base64url");
      const record: ApiTokenRecord = {
        username,
        id,
        name,
        hash: hashOf(secret).toString("base64"),
        createdAt: new Date(now).toISOString(),
        ...(seconds === undefined
          ? {}
          : { expiresAt: new Date(now + seconds * 1_000).toISOString() }),
      };
      await metadata.apiTokens.put(record);
      const user = Buffer.from(username).toString("base64url");
      return { record, text: [PREFIX, user, id, secret].join(".") };
    },
    list,
    async revoke(username, id) {
      const key = apiTokenKey({ username, id });
      if (!(await metadata.apiTokens.get(key))) {
        throw new RequestRefused(
          "not-found",
          `User \`${username}\` has no token with id \`${id}\``,
        );
      }
      await metadata.apiTokens.delete(key);
    },
    async verify(text) {
      const [, user = "", id = "", secret = ""] = TEXT.exec(text) ?? [];
      if (user === "") return undefined;
      const username = Buffer.from(user, "base64url").toString();
      const found = await metadata.apiTokens.get(apiTokenKey({ username, id }));
      if (!found || found.username !== username) return undefined;
      const isOver = found.expiresAt !== undefined && Date.parse(found.expiresAt) <= clock.now();
      const isSame = timingSafeEqual(hashOf(secret), Buffer.from(found.hash, "base64"));
      return isSame && !isOver ? username : undefined;
    },
  };
}

/** Removes all tokens of the user. Repeating is safe. */
export async function removeTokens({ apiTokens }: Storage, username: string): Promise<void> {
  const prefix = apiTokenKey({ username, id: "" });
  for await (const token of itemsOf((page) => apiTokens.list({ ...page, prefix }))) {
    await apiTokens.delete(apiTokenKey(token));
  }
}

function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
