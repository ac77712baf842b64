// Tokens that continue a listing or a log: what a store gave, wrapped, so that other texts are told from them.
import { InvalidRequest } from "./problems.ts";

export function toToken(next: string): string {
  return Buffer.from(JSON.stringify({ next })).toString("base64url");
}

/** Refuses a text that this API never gave out. `name` is the query's parameter. */
export function readToken(name: string, token: string): string {
  try {
    const { next } = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof next === "string") return next;
  } catch {
    // RequestRefused below, as every text that isn't a token.
  }
  const msg = "Not a token of this API; take it from the answer before";
  throw new InvalidRequest([{ type: "value_error", loc: ["query", name], msg, input: token }]);
}
