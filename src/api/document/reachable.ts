// Finds parts of the API's document.

export type Part = Readonly<Record<string, unknown>>;

const SCHEMA = "#/components/schemas/";

/** The schemas that a part of the document refers to, directly or by others. */
export function reachable(root: unknown, schemas: Part): Part {
  const found = new Map<string, unknown>();
  const waiting: unknown[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      const name = key === "$ref" && typeof inner === "string" ? inner.replace(SCHEMA, "") : "";
      if (name === "") {
        if (typeof inner === "object" && inner !== null) waiting.push(inner);
      } else if (!found.has(name) && schemas[name] !== undefined) {
        found.set(name, schemas[name]);
        waiting.push(schemas[name]);
      }
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is under the name; empty where nothing is. */
export function partOf(value: Part, name: string): Part {
  return (value[name] ?? {}) as Part;
}
