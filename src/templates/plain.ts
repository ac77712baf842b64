// Templates that only print texts of the context, as "echo {{ ds }}": most are. They are rendered
// without loading the template engine.

/** Names of the context that are texts; every other name needs the engine. */
const TEXT_NAMES: ReadonlySet<string> = new Set([
  "ds",
  "ds_nodash",
  "ts",
  "ts_nodash",
  "ts_nodash_with_tz",
  "dag_id",
  "task_id",
  "run_id",
]);
const PRINTED = /\{\{\s*(\w+)\s*\}\}/g;

/**
 * Whether the template holds nothing but text and names of texts, so that nothing in it can be
 * wrong.
 */
export function isPlain(text: string): boolean {
  for (const [, name = ""] of text.matchAll(PRINTED)) if (!TEXT_NAMES.has(name)) return false;
  return !/\{[{%#]/.test(text.replaceAll(PRINTED, ""));
}

/** The plain template with its names replaced; `undefined` when one of them has no value. */
export function renderPlain(
  text: string,
  lookUp: (name: string) => string | undefined,
): string | undefined {
  let isWhole = true;
  // As Jinja2: line ends become "\n", and one at the end is dropped.
  const lines = text.replaceAll(/\r\n?/g, "\n").replace(/\n$/, "");
  const rendered = lines.replaceAll(PRINTED, (_, name: string) => {
    const value = lookUp(name);
    isWhole &&= value !== undefined;
    return value ?? "";
  });
  return isWhole ? rendered : undefined;
}
