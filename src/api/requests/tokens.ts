// Tokens that continue a listing or a log: what a store gave, wrapped, so that other texts are told
// from them.
import { z } from "zod";
import { InvalidRequest } from "../problems.ts";

const TOKEN = z.object({ next: z.string() });

export function toToken(next: string): string {
  return Buffer.from(JSON.stringify({ next })).toString("base64url");
}

/** Refuses a text that this API never gave out. `name` is the query's parameter. */
export function readToken(name: string, token: string): string {
  return unwrap(token)?.next ?? refuseToken(name, token);
}

/** Throws what a text that isn't a token is answered with. */
export function refuseToken(name: string, token: string): never {
  const msg = "Not a token of this API; take it from the answer before";
  throw new InvalidRequest([{ type: "value_error", loc: ["query", name], msg, input: token }]);
}

function unwrap(token: string): z.infer<typeof TOKEN> | undefined {
  try {
    return TOKEN.parse(JSON.parse(Buffer.from(token, "base64url").toString()));
  } catch {
    // Whoever reads the token refuses what isn't one.
    return undefined;
  }
}
