// Turns what user code gave into JSON text, or says what in it isn't JSON and where.
import { MAX_RESULT_BYTES } from "../model/task-call.ts";
import { isPlainObject } from "../sdk/results.ts";

/** Deeper values are refused: JSON readers overflow their stack on them. */
const MAX_DEPTH = 500;

/**
 * `text` is absent for `undefined`, which is not a value. `error` is a sentence such as
 * `result.items[3] is a Date`.
 */
export type JsonText = { readonly text?: string } | { readonly error: string };

/**
 * JSON text of a value that `name` stands for in messages; refuses what JSON would lose or change
 * silently.
 */
export function toJsonText(value: unknown, name: string): JsonText {
  if (value === undefined) return {};
  const error = findFault(value, { path: name, open: new Set() });
  if (error !== undefined) return { error };
  const text = JSON.stringify(value);
  // A character of JSON text takes one to three bytes, so most texts need no count.
  if (text.length * 3 > MAX_RESULT_BYTES) {
    const sizeBytes = Buffer.byteLength(text);
    if (sizeBytes > MAX_RESULT_BYTES) return { error: tooLarge(name, sizeBytes) };
  }
  return { text };
}

function tooLarge(name: string, sizeBytes: number): string {
  const size = `${sizeBytes.toLocaleString("en-US")} bytes`;
  const limit = `${MAX_RESULT_BYTES.toLocaleString("en-US")} bytes`;
  return `${name} has ${size} of JSON, over the limit of ${limit}; store it elsewhere and return where it is`;
}

interface Position {
  readonly path: string;
  /** Objects around this one, to notice cycles. */
  readonly open: Set<object>;
}

function findFault(value: unknown, { path, open }: Position): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  if (typeof value !== "object") return `${path} is ${describe(value)}`;
  if (open.has(value)) return `${path} is a cycle back to an object around it`;
  if (open.size >= MAX_DEPTH) return `${path} is nested deeper than ${MAX_DEPTH} levels`;
  if (!Array.isArray(value) && !isPlainObject(value)) return `${path} is ${describe(value)}`;
  open.add(value);
  const fault = Array.isArray(value)
    ? faultInList(value, path, open)
    : faultInObject(value, path, open);
  open.delete(value);
  return fault;
}

function faultInList(
  list: readonly unknown[],
  path: string,
  open: Set<object>,
): string | undefined {
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index];
    if (item === null || typeof item === "string" || typeof item === "boolean") continue;
    const fault = findFault(item, { path: `${path}[${index}]`, open });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultInObject(object: object, path: string, open: Set<object>): string | undefined {
  for (const [key, item] of Object.entries(object)) {
    // As JSON has it, a key without a value is not a key.
    if (item === undefined) continue;
    const fault = findFault(item, { path: pathTo(path, key), open });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function pathTo(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

function describe(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "bigint") return `a BigInt (${value})`;
  const name: unknown = Object(value).constructor?.name;
  if (typeof name !== "string" || name === "") return "an instance of a class";
  return /^[AEIOU]/.test(name) ? `an ${name}` : `a ${name}`;
}
