// Paths into a state's input ("$.a.b") and into the context ("$$.Execution.Name"): names and dots
// only.
import { Fault } from "./errors.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The context object, "$$" in paths. */
export interface Context {
  readonly Execution: { readonly Name: string; readonly Input: unknown };
  readonly Task?: { readonly Token: string };
}

/** The value at the path, `undefined` when there is none. Lists have no names in them. */
function findPath(path: string, input: unknown, context: Context): unknown {
  let value: unknown = path.startsWith("$$") ? context : input;
  let dot = path.indexOf(".");
  while (dot !== -1) {
    const next = path.indexOf(".", dot + 1);
    const name = path.slice(dot + 1, next === -1 ? path.length : next);
    if (!isFields(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
    dot = next;
  }
  return value;
}

/** The value at the path; throws States.ParameterPathFailure when there is none. */
export function readPath(path: string, input: unknown, context: Context): unknown {
  const value = findPath(path, input, context);
  if (value === undefined) {
    const place = path.startsWith("$$") ? "context" : "input";
    throw new Fault(
      "States.ParameterPathFailure",
      `reads ${path}, which its ${place} doesn't have`,
    );
  }
  return value;
}

/**
 * The state's output: its input with the result put at the path; missing objects on the way are
 * made, the input stays as it was. `null` drops the result, no path or "$" drops the input. Throws
 * States.ResultPathMatchFailure.
 */
export function applyResultPath(
  path: string | null | undefined,
  input: unknown,
  result: unknown,
): unknown {
  if (path === null) return input;
  if (path === undefined || path === "$") return result;
  return putAt(input, path.split("."), 1, result);
}

function putAt(target: unknown, names: readonly string[], index: number, value: unknown): unknown {
  const name = names[index];
  if (name === undefined) return value;
  if (!isFields(target)) {
    const path = names.join(".");
    throw new Fault(
      "States.ResultPathMatchFailure",
      `can't put its result at ${path} of its input`,
    );
  }
  const inner = Object.hasOwn(target, name) ? target[name] : {};
  return { ...target, [name]: putAt(inner, names, index + 1, value) };
}

/** An object with names in it: neither a list nor null. */
function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
