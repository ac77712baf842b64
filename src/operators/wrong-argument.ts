// What an operator throws for an argument that it can't take: what it takes instead, and what it
// got.

export function wrongArgument(
  name: string,
  operator: string,
  { takes, given }: { readonly takes: string; readonly given: unknown },
): TypeError {
  const got = JSON.stringify(given) ?? "undefined";
  return new TypeError(`${name} of ${operator} takes ${takes}, got ${got}`);
}
