// Reads a request's JSON body. Its size and its depth are limited before anything looks into it.
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { z } from "zod";
import { parseAwareMoment } from "../../model/values/time.ts";
import { OPERATIONS } from "../document/generated/operations.ts";
import type { OperationId } from "../document/shapes.ts";
import { InvalidRequest, Problem, toMistakes } from "../problems.ts";
import { toSchemaMistakes } from "./schema-mistakes.ts";

/** Airflow: AwareDatetime, which the document doesn't tell from others. */
export function requireTimezone(input: string, ...place: readonly string[]): void {
  if (parseAwareMoment(input) !== undefined) return;
  const msg = "Input should have timezone info";
  throw new InvalidRequest([{ type: "timezone_aware", loc: ["body", ...place], msg, input }]);
}

/** Far more than any operation takes: a conf has 256 KiB at most. */
const MAX_BODY_BYTES = 1_048_576;
/**
 * Lists and objects within each other: whatever walks through a body later may do so recursively.
 */
const MAX_DEPTH = 100;

/**
 * Refuses larger bodies without reading them to their end, also those that don't announce their
 * size.
 */
export const limitBody: MiddlewareHandler = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError() {
    throw new Problem(413, `The body is larger than ${MAX_BODY_BYTES} bytes; send a smaller one`);
  },
});

/** The JSON body, checked; one that is optional counts as null when absent. */
export async function readBody<T>(
  c: Context,
  schema: z.ZodType<T>,
  options: { readonly isOptional?: boolean } = {},
): Promise<T> {
  const body = await readJson(c, options);
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new InvalidRequest(toMistakes(result.error.issues, body));
}

/** The body of an operation, as the document has it; null where it may be left out and is. */
export async function readDocumentedBody(c: Context, id: OperationId): Promise<unknown> {
  const known = OPERATIONS[id];
  if (!("body" in known)) return undefined;
  const body = await readJson(c, { isOptional: known.body === "optional" });
  const { findMistakes } = await import("../document/validate.ts");
  const mistakes = findMistakes(id, body);
  if (mistakes.length > 0) throw new InvalidRequest(toSchemaMistakes(mistakes, body));
  return body;
}

async function readJson(
  c: Context,
  { isOptional = false }: { readonly isOptional?: boolean },
): Promise<unknown> {
  const text = await c.req.text();
  let body: unknown;
  try {
    body = isOptional && text === "" ? null : JSON.parse(text);
  } catch {
    const msg = text === "" ? "Field required" : "JSON decode error";
    const type = text === "" ? "missing" : "json_invalid";
    throw new InvalidRequest([{ type, loc: ["body"], msg, input: text }]);
  }
  if (!isDeeperThan(body, MAX_DEPTH)) return body;
  const msg = `JSON has more than ${MAX_DEPTH} lists and objects within each other; flatten it`;
  throw new InvalidRequest([{ type: "json_invalid", loc: ["body"], msg }]);
}

/** Goes level by level, so that no depth is too much for it. */
function isDeeperThan(value: unknown, limit: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= limit; depth += 1) {
    level = level.flatMap((item) =>
      typeof item === "object" && item !== null ? Object.values(item) : [],
    );
    if (level.length === 0) return false;
  }
  return true;
}
