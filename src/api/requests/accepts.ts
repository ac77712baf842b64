// Which query parameters an operation supports: the part of every route that reads them, and
// refuses all others.
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "../context.ts";
import { readQuery } from "./query.ts";

/** The parameters of pages. */
export const PAGE: readonly string[] = ["limit", "offset"];

/**
 * Puts the query into the request's context. Belongs to every route, also of those without
 * parameters.
 */
export function accepts(...parameters: readonly string[]): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    c.set("query", readQuery(c, parameters));
    await next();
  };
}
