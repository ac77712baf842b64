// Parses what `set` and `for` assign to: names, tuples of names, and members of namespaces.
import type { Target } from "./nodes.ts";
import { CONSTANTS, isTupleEnd } from "./parse-expression.ts";
import type { TokenStream } from "./token-stream.ts";

/** What stands before `=` or `in`: names, in tuples or not; with `withNamespace` also `ns.name`. */
export function parseTarget(
  stream: TokenStream,
  {
    until,
    withNamespace = false,
  }: { readonly until?: string; readonly withNamespace?: boolean } = {},
): Target {
  const items: Target[] = [];
  let isTuple = false;
  while (!isTupleEnd(stream, until)) {
    items.push(parseSingleTarget(stream, withNamespace));
    if (!stream.skipOperator(",")) break;
    isTuple = true;
  }
  const [first] = items;
  if (!first) throw stream.unexpected("a name");
  return isTuple ? { kind: "tuple", items } : first;
}

function parseSingleTarget(stream: TokenStream, withNamespace: boolean): Target {
  if (stream.skipOperator("(")) {
    const inner = parseTarget(stream);
    stream.expectOperator(")");
    return inner;
  }
  const name = stream.expectName();
  if (CONSTANTS.has(name)) throw stream.failure(`can't assign to "${name}"`);
  if (!withNamespace || !stream.skipOperator(".")) return { kind: "name", name };
  return { kind: "namespace", name, attribute: stream.expectName() };
}
