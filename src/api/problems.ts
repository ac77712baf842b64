// What the API answers when it can't do what was asked, in the two forms of FastAPI: `{detail:
// text}` and, for a request that isn't well formed, `{detail: [{type, loc, msg, input}]}` with
// status 422.
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { UnknownPlace } from "../ports/pages.ts";
import { RequestRefused } from "../services/request-refused.ts";

/** An answer with `{detail: message}`. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: ContentfulStatusCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ContentfulStatusCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** One mistake in a request, in the words of pydantic. */
export interface RequestMistake {
  readonly type: string;
  /** Where it stands: "body", "query" or "path", then field names and indexes. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input?: unknown;
}

/** An answer with status 422 and the list of mistakes. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
  readonly mistakes: readonly RequestMistake[];

  constructor(mistakes: readonly RequestMistake[]) {
    super(mistakes.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; "));
    this.mistakes = mistakes;
  }
}

const STATUS_OF_REFUSAL = {
  "not-found": 404,
  conflict: 409,
  invalid: 400,
  unprocessable: 422,
  forbidden: 403,
} as const;

/** Status and body for an error that the asker caused; undefined for one that is ours. */
export function toAnswer(error: unknown):
  | {
      readonly status: ContentfulStatusCode;
      readonly body: { readonly detail: unknown };
      readonly headers?: Readonly<Record<string, string>>;
    }
  | undefined {
  if (error instanceof Problem) {
    return { status: error.status, body: { detail: error.message }, headers: error.headers };
  }
  if (error instanceof UnknownPlace) {
    const msg = "Not a token of this API; take it from the answer before";
    return { status: 422, body: { detail: [{ type: "value_error", loc: ["query"], msg }] } };
  }
  if (error instanceof InvalidRequest) return { status: 422, body: { detail: error.mistakes } };
  if (error instanceof RequestRefused) {
    return { status: STATUS_OF_REFUSAL[error.reason], body: { detail: error.message } };
  }
  return undefined;
}

/** Zod's issues of a body, as pydantic would list them. */
export function toMistakes(issues: readonly z.core.$ZodIssue[], body: unknown): RequestMistake[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        type: "extra_forbidden",
        loc: ["body", ...path, key],
        msg: "Extra inputs are not permitted",
        input: valueAt(body, [...path, key]),
      }));
    }
    const input = valueAt(body, path);
    const loc = ["body", ...path];
    if (input === undefined) return [{ type: "missing", loc, msg: "Field required", input: body }];
    return [{ type: typeOf(issue), loc, msg: issue.message, input }];
  });
}

/** Pydantic's name of the mistake, which a check of our own gives as its parameter `type`. */
function typeOf(issue: z.core.$ZodIssue): string {
  const named = issue.code === "custom" ? issue.params?.type : undefined;
  return typeof named === "string" ? named : issue.code;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined,
    value,
  );
}
