// The conf of a run as Airflow stores and searches it: JSON with a space behind "," and ":".
import type { Json } from "../values/json.ts";

export function toConfText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(toConfText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([name, inner]) => `${JSON.stringify(name)}: ${toConfText(inner)}`,
  );
  return `{${entries.join(", ")}}`;
}
