// One template that Airflow rendered, rendered with the context of its file.

import { DateTimeValue } from "../../src/templates/datetime/datetime.ts";
import { fromIsoFormat } from "../../src/templates/datetime/datetime-class.ts";
import { UTC } from "../../src/templates/datetime/zone.ts";
import { macros } from "../../src/templates/macros.ts";
import { Dict } from "../../src/templates/python/dict.ts";
import { parseJson } from "../../src/templates/python/json.ts";
import type { Value } from "../../src/templates/python/values.ts";
import { renderBody } from "../../src/templates/renderer.ts";
import { scanTemplate } from "../../src/templates/scan.ts";

export interface TemplateCase {
  readonly template: string;
  readonly rendered?: string;
  /** The name of Python's exception; ours may have another. */
  readonly error?: string;
}

const DATES = ["logical_date", "data_interval_start", "data_interval_end"];

/**
 * Makes the context of a file as templates see it, anew for each template, as some change it. It is
 * read from the file's text, which tells 1 from 1.0.
 */
export function readTemplateContext(fileText: string): () => ReadonlyMap<string, Value> {
  const file = parseJson(fileText);
  const context = file instanceof Dict ? file.item("context") : null;
  if (!(context instanceof Dict)) throw new Error("the file has no context");
  return () => {
    const names = new Map<string, Value>([["macros", macros]]);
    for (const [key, value] of context.entries()) {
      const isDate = DATES.includes(String(key)) && typeof value === "string";
      names.set(
        String(key),
        isDate ? DateTimeValue.at(fromIsoFormat(value).instant, UTC) : copy(value),
      );
    }
    const ti = names.get("ti");
    if (ti !== undefined) names.set("task_instance", ti);
    return names;
  };
}

function copy(value: Value): Value {
  if (Array.isArray(value)) return value.map(copy);
  if (!(value instanceof Dict)) return value;
  return new Dict([...value.entries()].map(([key, item]) => [key, copy(item)] as const));
}

/** What differs from Airflow, as one line; `undefined` when nothing does. */
export function checkTemplateCase(
  { template, rendered, error }: TemplateCase,
  names: ReadonlyMap<string, Value>,
): string | undefined {
  const actual = renderCase(template, names);
  const expected = error === undefined ? rendered : undefined;
  if (error === undefined ? actual.text === expected : actual.text === undefined) return undefined;
  const wanted = error === undefined ? JSON.stringify(rendered) : `an error (${error})`;
  return `${template}: expected ${wanted}, got ${actual.text === undefined ? actual.error : JSON.stringify(actual.text)}`;
}

function renderCase(
  template: string,
  names: ReadonlyMap<string, Value>,
):
  | { readonly text: string; readonly error?: never }
  | { readonly text?: never; readonly error: string } {
  const { body, problems } = scanTemplate(template);
  const [problem] = problems;
  if (!body || problem) return { error: `a problem: it ${problem?.message}` };
  try {
    return { text: renderBody(body, names) };
  } catch (error) {
    return { error: String(error) };
  }
}
