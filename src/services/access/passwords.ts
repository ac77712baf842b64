// Hashes of passwords: scrypt (RFC 7914), each with a salt of its own. What it costs is stored with
// each, so that later ones may cost more.
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { PasswordHash } from "../../model/access/records.ts";

/** What Airflow's users have (Werkzeug's default, scrypt:32768:8:1): 32 MB, some 100 ms. */
const COST = 32_768;
const PARALLELIZATION = 1;
/** Node's own limit is what one hash takes. */
const MAX_MEMORY_BYTES = 64 * 1_048_576;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** What is compared for users that there are not: the work is that of a wrong password. */
const NOBODY: PasswordHash = {
  scheme: "scrypt",
  cost: COST,
  parallelization: PARALLELIZATION,
  salt: Buffer.alloc(SALT_BYTES).toString("base64"),
  hash: Buffer.alloc(HASH_BYTES).toString("base64"),
};

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(SALT_BYTES);
  const costs = { cost: COST, parallelization: PARALLELIZATION };
  const hash = await derive(password, salt, costs);
  return {
    scheme: "scrypt",
    ...costs,
    salt: salt.toString("base64"),
    hash: hash.toString("base64"),
  };
}

/** Without a hash, as much work as with one, and never true. */
export async function isPassword(
  password: string,
  known: PasswordHash | undefined,
): Promise<boolean> {
  const { salt, hash, ...costs } = known ?? NOBODY;
  const derived = await derive(password, Buffer.from(salt, "base64"), costs);
  return timingSafeEqual(derived, Buffer.from(hash, "base64")) && known !== undefined;
}

function derive(
  password: string,
  salt: Buffer,
  { cost, parallelization }: Pick<PasswordHash, "cost" | "parallelization">,
): Promise<Buffer> {
  const run = promisify<string, Buffer, number, object, Buffer>(scrypt);
  return run(password, salt, HASH_BYTES, {
    cost,
    parallelization,
    maxmem: MAX_MEMORY_BYTES,
  });
}
