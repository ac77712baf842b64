// The template fields of an operator as a try rendered them, as they are kept for people to read.
// Airflow: RenderedTaskInstanceFields, whose longest text this is
// (core.max_templated_field_length).
import { toJsonText } from "../describe/json-text.ts";
import type { TaskOutcome } from "../model/task-call.ts";
import type { Json } from "../model/values/json.ts";

/** Characters of a field that are kept. */
const MAX_FIELD = 4_096;

/** Absent where there are none. A field that is too long, or not JSON, is kept as a text. */
export function toRenderedFields(
  rendered: Readonly<Record<string, unknown>>,
): Pick<TaskOutcome, "renderedFields"> {
  const fields = Object.entries(rendered).map(([name, value]) => [name, toField(value)] as const);
  return fields.length === 0 ? {} : { renderedFields: Object.fromEntries(fields) };
}

function toField(value: unknown): Json {
  const json = toJsonText(value, "field");
  if ("error" in json || json.text === undefined) return shorten(String(value));
  if (json.text.length <= MAX_FIELD) return JSON.parse(json.text);
  return shorten(typeof value === "string" ? value : json.text);
}

function shorten(text: string): string {
  if (text.length <= MAX_FIELD) return text;
  return `Truncated to ${MAX_FIELD} of ${text.length} characters: ${text.slice(0, MAX_FIELD)}`;
}
