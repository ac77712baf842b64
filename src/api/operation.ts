// A route of the API: an operation of the document, what it asks of the caller, and what it does.
// Path, method, status, and the types of what goes in and out are the document's.
import type { Context } from "hono";
import type { Permission } from "../model/access/permissions.ts";
import type { JsonObject } from "../model/values/json.ts";
import type { ApiContext, ApiEnv } from "./context.ts";
import type { AnswerOf, BodyOf, OperationId, PathOf } from "./document/shapes.ts";
import type { Query } from "./requests/query.ts";

/**
 * Tells the event log what a change has changed: an entity before and after it; undefined where there
 * was or is none. What has a sensitive name is masked. A function is called once the request is over.
 */
export type Changed = (before: ToldEntity, after: ToldEntity) => void;
export type ToldEntity = JsonObject | undefined | (() => JsonObject | undefined);

/** A request, checked against the document. */
export interface Asked<Id extends OperationId> {
  readonly path: PathOf<Id>;
  readonly query: Query;
  readonly body: BodyOf<Id>;
  readonly c: Context<ApiEnv>;
  readonly changed: Changed;
}

export interface OperationParts<Id extends OperationId> {
  readonly permission: Permission;
  /** The query parameters that it supports, of those in the document; others are refused. */
  readonly query?: readonly string[];
  /** Answers the body of the document's first success, or a whole response. */
  handle(asked: Asked<Id>): Promise<AnswerOf<Id> | Response>;
}

export interface Operation {
  readonly id: OperationId;
  readonly permission: Permission;
  readonly query: readonly string[];
  handle(asked: {
    readonly path: unknown;
    readonly query: Query;
    readonly body: unknown;
    readonly c: Context<ApiEnv>;
    readonly changed: Changed;
  }): Promise<unknown>;
}

/** The operations of a file, over what they work with. */
export type Operations = (context: ApiContext) => readonly Operation[];

/**
 * ```ts
 * operation("get_version", { permission: "open", handle: async () => ({ version, git_version: null }) })
 * ```
 */
export function operation<Id extends OperationId>(
  id: Id,
  { permission, query = [], handle }: OperationParts<Id>,
): Operation {
  // Whoever calls it has checked path and body against the document of this id.
  return { id, permission, query, handle: handle as Operation["handle"] };
}
