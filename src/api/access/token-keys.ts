// The key that signs the deployment's tokens. It is made of its password, or, where the server
// keeps a secret in its home folder, of that.
import { scrypt, timingSafeEqual, type webcrypto } from "node:crypto";
import { promisify } from "node:util";
import { findPasswordFlaw } from "../../model/password-rules.ts";
import { importTokenKey } from "./json-web-tokens.ts";
import type { TokenSecrets } from "./token-secrets.ts";

export interface SecretOptions {
  /** The password of the deployment's own user; undefined while none is set. */
  readonly password?: () => Promise<string | undefined>;
  /** Where the deployment has no user of its own; random, and of at least 32 bytes. */
  readonly tokenSecret?: () => Promise<string>;
}

export interface TokenKeys {
  /** Whether it is what the key is made of: the password of the deployment's own user. */
  isPassword(given: string): Promise<boolean>;
  readonly key: webcrypto.CryptoKey;
}

const KEY_BYTES = 32;

/**
 * Answers the current keys, or why nobody can log in. Deriving a key is slow on purpose, so it is
 * done once per secret.
 */
export function createTokenKeys(
  { password, tokenSecret }: SecretOptions,
  secrets: () => Promise<TokenSecrets>,
): () => Promise<TokenKeys | string> {
  let known: { readonly from: string; readonly keys: Promise<TokenKeys> } | undefined;
  return async () => {
    const secret = password ? await password() : await tokenSecret?.();
    if (!secret) return "no password is set for this deployment";
    const flaw = password && findPasswordFlaw(secret);
    if (flaw !== undefined) return `the password of this deployment ${flaw}`;
    const { salt } = await secrets();
    const from = JSON.stringify([secret, salt]);
    if (known?.from !== from) known = { from, keys: toKeys(secret, salt) };
    return known.keys;
  };
}

async function toKeys(secret: string, salt: string): Promise<TokenKeys> {
  const derived = await derive(secret, salt);
  return {
    key: await importTokenKey(derived),
    isPassword: async (given) => timingSafeEqual(await derive(given, salt), derived),
  };
}

function derive(password: string, salt: string): Promise<Buffer<ArrayBuffer>> {
  const run = promisify<string, Buffer, number, Buffer<ArrayBuffer>>(scrypt);
  return run(password, Buffer.from(salt, "base64"), KEY_BYTES);
}
