// JSON as Airflow stores it: with a space behind "," and ":" (Python's json.dumps).
import type { Json } from "../../model/values/json.ts";

export function toPythonJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([name, inner]) => `${JSON.stringify(name)}: ${toPythonJson(inner)}`,
  );
  return `{${entries.join(", ")}}`;
}
