// Names on AWS made from ids: parts of object keys, and names of schedules and rules. Readable,
// different for different ids, and within the characters and lengths that AWS takes.
import { createHash } from "node:crypto";

/** S3 takes keys of 1,024 bytes; four parts of this length fit, with what is around them. */
const MAX_PART_LENGTH = 200;
const HASH_LENGTH = 32;
/** EventBridge quotas: names of schedules and of rules have 1 to 64 characters. */
const MAX_SCHEDULE_NAME_LENGTH = 64;
const SCHEDULE_HASH_LENGTH = 16;
/** Room for what follows the prefix: a number, or "at-20260131T060000". */
const MAX_SUFFIX_LENGTH = 18;

/**
 * One part of an object key: percent-encodes all but letters, digits and `_ - + = , @ ~ .` (a dot
 * at the start too); a part that gets too long ends in the id's hash instead.
 */
export function toKeyPart(id: string): string {
  if (id === "") return "%";
  const part = id.replace(/^\.|[^A-Za-z0-9_+=,@~.-]/gu, (character) =>
    Buffer.from(character).reduce((encoded, byte) => encoded + toPercent(byte), ""),
  );
  if (part.length <= MAX_PART_LENGTH) return part;
  return `${part.slice(0, MAX_PART_LENGTH - HASH_LENGTH - 1)}-${toHash(id)}`;
}

/** 32 hexadecimal digits that stand for the texts, in their order. */
export function toHash(...texts: readonly string[]): string {
  const hash = createHash("sha256");
  // The length in front keeps ("ab", "c") apart from ("a", "bc").
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest("hex").slice(0, HASH_LENGTH);
}

/**
 * What the names of a DAG's schedules begin with, and no others. After a prefix that ends in "_"
 * the parts are separated by that, so that no pattern for names with "-" fits them.
 */
export function toSchedulePrefix(dagId: string, prefix = ""): string {
  const hash = toHash(dagId).slice(0, SCHEDULE_HASH_LENGTH);
  const room = MAX_SCHEDULE_NAME_LENGTH - MAX_SUFFIX_LENGTH - prefix.length - hash.length - 2;
  if (room < 1) throw new Error(`"${prefix}" is too long to be in front of names of schedules`);
  const readable = dagId.replaceAll(/[^A-Za-z0-9_-]+/g, "_").slice(0, room);
  const separator = prefix.endsWith("_") ? "_" : "-";
  return `${prefix}${readable}${separator}${hash}${separator}`;
}

/**
 * The prefix of the names that Stepwind 0.1 gave to the state machines and rules of this
 * deployment, which may still be there: it separated the deployment's name by "-", which names of
 * deployments contain. Undefined for a deployment that still has that prefix.
 */
export function toOldPrefix(prefix: string): string | undefined {
  return prefix.endsWith("_") ? `${prefix.slice(0, -1)}-` : undefined;
}

function toPercent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
