// Payload templates: JSON in which a key that ends in ".$" holds a path to its value.
import type { PayloadTemplate } from "../model/asl.ts";
import { type Context, readPath } from "./paths.ts";

/**
 * The template with its paths read; what isn't a path is copied. Throws
 * States.ParameterPathFailure.
 */
export function fillTemplate(
  template: PayloadTemplate,
  input: unknown,
  context: Context,
): Record<string, unknown> {
  const filled: Record<string, unknown> = {};
  for (const key of Object.keys(template)) {
    const value = template[key];
    if (key.endsWith(".$")) filled[key.slice(0, -2)] = readPath(String(value), input, context);
    else filled[key] = fillValue(value, input, context);
  }
  return filled;
}

function fillValue(value: unknown, input: unknown, context: Context): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => fillValue(item, input, context));
  return fillTemplate(value as PayloadTemplate, input, context);
}
