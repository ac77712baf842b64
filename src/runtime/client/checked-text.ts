// JSON text of what tasks hand over.
import { toJsonText } from "../../describe/json-text.ts";

/** Throws a TypeError, which names the thing, for what isn't JSON. */
export function checkedText(value: unknown, what: string): string {
  const json = toJsonText(value, "value");
  if ("error" in json) throw new TypeError(`${what} takes JSON: ${json.error}`);
  if (json.text === undefined) throw new TypeError(`${what} takes JSON, got undefined`);
  return json.text;
}
