// Seals secrets before they are stored: AES-256-GCM under the newest of the deployment's keys. What
// a text belongs to is authenticated with it, so that a sealed text can't be moved to another
// record.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { EncryptionKey, EncryptionKeys } from "../../ports/encryption-keys.ts";
import { RequestRefused } from "../request-refused.ts";

/** Version of the format: "sw1.<key id>.<iv, tag and ciphertext in base64url>". */
const FORMAT = "sw1";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = "aes-256-gcm";

/** What a sealed text belongs to. */
export interface SealedThing {
  readonly kind: "Variable" | "Connection";
  /** Its key or id. */
  readonly name: string;
  readonly field: "value" | "password" | "extra";
}

/** A sealed text that can't be opened with the keys that there are. */
export class CannotDecrypt extends RequestRefused {
  /** Another attempt would not mend it. */
  readonly isPermanent = true;

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super("conflict", message);
    if (options.cause !== undefined) this.cause = options.cause;
  }
}

export interface Sealer {
  /** Makes the first key if there is none. */
  seal(text: string, thing: SealedThing): Promise<string>;
  /** Throws CannotDecrypt, which says which thing, which key and what to do. */
  open(sealed: string, thing: SealedThing): Promise<string>;
  /** Whether the newest key has sealed it. */
  isCurrent(sealed: string): Promise<boolean>;
}

export function createSealer(keys: EncryptionKeys): Sealer {
  return {
    async seal(text, thing) {
      const [key] = await keys.readOrMake();
      if (!key) throw new Error(`No encryption key was made in ${keys.place}`);
      return seal(text, thing, key);
    },
    async open(sealed, thing) {
      const { keyId, bytes } = parseSealed(sealed, thing);
      const known = await keys.read();
      const key = known.find(({ id }) => id === keyId);
      if (!key) throw keyIsLost(thing, keyId, { place: keys.place, known });
      return open(bytes, thing, key);
    },
    async isCurrent(sealed) {
      const [newest] = await keys.read();
      return newest !== undefined && sealed.startsWith(`${FORMAT}.${newest.id}.`);
    },
  };
}

function seal(text: string, thing: SealedThing, { id, bytes }: EncryptionKey): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, bytes, iv).setAAD(labelOf(thing));
  const ciphertext = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  const whole = Buffer.concat([iv, cipher.getAuthTag(), ciphertext]);
  return [FORMAT, id, whole.toString("base64url")].join(".");
}

function open(whole: Buffer, thing: SealedThing, { id, bytes }: EncryptionKey): string {
  const iv = whole.subarray(0, IV_BYTES);
  const tag = whole.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, bytes, iv, { authTagLength: TAG_BYTES })
      .setAAD(labelOf(thing))
      .setAuthTag(tag);
    const text = decipher.update(whole.subarray(IV_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new CannotDecrypt(
      `${nameOf(thing)} can't be decrypted with key ${id}: what is stored was damaged or belongs to something else; ${remedyFor(thing)}`,
      { cause },
    );
  }
}

function parseSealed(sealed: string, thing: SealedThing) {
  const [format, keyId, rest] = sealed.split(".");
  if (format !== FORMAT || keyId === undefined || rest === undefined) {
    throw new CannotDecrypt(
      `${nameOf(thing)} can't be decrypted: what is stored has another form than "${FORMAT}.<key>.<text>"; ${remedyFor(thing)}`,
    );
  }
  return { keyId, bytes: Buffer.from(rest, "base64url") };
}

function keyIsLost(
  thing: SealedThing,
  keyId: string,
  { place, known }: { readonly place: string; readonly known: readonly EncryptionKey[] },
): CannotDecrypt {
  const there = known.length === 0 ? "holds no key" : `has ${known.map(({ id }) => id).join(", ")}`;
  return new CannotDecrypt(
    `${nameOf(thing)} can't be decrypted: it was encrypted with key ${keyId}, and ${place} ${there}. Put that key back as a line of its own, or ${remedyFor(thing)}`,
  );
}

function nameOf({ kind, name, field }: SealedThing): string {
  return field === "value"
    ? `${kind} "${name}"`
    : `The ${field} of ${kind.toLowerCase()} "${name}"`;
}

function remedyFor({ kind }: SealedThing): string {
  return `set the ${kind.toLowerCase()} again`;
}

function labelOf({ kind, name, field }: SealedThing): Buffer {
  return Buffer.from(JSON.stringify([kind, name, field]));
}
