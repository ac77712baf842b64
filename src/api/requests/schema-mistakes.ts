// What JSON Schema says of a body, in the words of pydantic, which Airflow's clients show.
import type { ErrorObject } from "ajv/dist/2020.js";
import type { RequestMistake } from "../problems.ts";

/** Those after them are left out: each would be told with what was given. */
const MAX_MISTAKES = 100;

type Words = Pick<RequestMistake, "type" | "msg">;

const TYPES: Readonly<Record<string, Words>> = {
  string: { type: "string_type", msg: "Input should be a valid string" },
  integer: { type: "int_type", msg: "Input should be a valid integer" },
  number: { type: "float_type", msg: "Input should be a valid number" },
  boolean: { type: "bool_type", msg: "Input should be a valid boolean" },
  array: { type: "list_type", msg: "Input should be a valid list" },
  object: { type: "dict_type", msg: "Input should be a valid dictionary" },
  null: { type: "none_required", msg: "Input should be None" },
};

/** Each once, in the order in which pydantic finds them. */
export function toSchemaMistakes(
  errors: readonly ErrorObject[],
  body: unknown,
): readonly RequestMistake[] {
  const found = new Map<string, RequestMistake>();
  const told = toldPlaces(errors);
  for (const error of errors) {
    if (found.size === MAX_MISTAKES) break;
    if (saysLittle(error) && told.has(error.instancePath)) continue;
    const mistake = toMistake(error, body);
    const key = JSON.stringify([mistake.loc, mistake.type]);
    if (!found.has(key)) found.set(key, mistake);
  }
  // Pydantic finds what isn't a field after all fields.
  const isExtra = ({ type }: RequestMistake) => Number(type === "extra_forbidden");
  return [...found.values()].sort((a, b) => isExtra(a) - isExtra(b));
}

/** Says no more than others of its place: of a choice as a whole, or that it might be null. */
function saysLittle({ keyword, params }: ErrorObject): boolean {
  return (
    keyword === "anyOf" || keyword === "oneOf" || (keyword === "type" && params.type === "null")
  );
}

/** The places that other errors tell of, and those around them. */
function toldPlaces(errors: readonly ErrorObject[]): ReadonlySet<string> {
  const places = new Set<string>();
  for (const error of errors) {
    if (saysLittle(error)) continue;
    // What is around a known place is known.
    for (let place = error.instancePath; !places.has(place); ) {
      places.add(place);
      place = place.slice(0, Math.max(place.lastIndexOf("/"), 0));
    }
  }
  return places;
}

function toMistake({ keyword, instancePath, params, data, message }: ErrorObject, body: unknown) {
  const loc = ["body", ...partsOf(instancePath, body)];
  if (keyword === "required") {
    const missing = [...loc, String(params.missingProperty)];
    return { type: "missing", loc: missing, msg: "Field required", input: data };
  }
  if (keyword === "additionalProperties") {
    const name = String(params.additionalProperty);
    const input: unknown =
      typeof data === "object" && data !== null ? Reflect.get(data, name) : data;
    const msg = "Extra inputs are not permitted";
    return { type: "extra_forbidden", loc: [...loc, name], msg, input };
  }
  return { ...wordsOf(keyword, params, message), loc, input: data };
}

function wordsOf(
  keyword: string,
  params: Readonly<Record<string, unknown>>,
  message = "Input is not valid",
): Words {
  const { limit } = params;
  switch (keyword) {
    case "type":
      return TYPES[String(params.type)] ?? { type: "value_error", msg: message };
    case "enum":
    case "const": {
      const allowed = "allowedValues" in params ? params.allowedValues : [params.allowedValue];
      const names = (Array.isArray(allowed) ? allowed : []).map((each) => `'${each}'`);
      return { type: "enum", msg: `Input should be ${joined(names)}` };
    }
    case "maxLength":
      return {
        type: "string_too_long",
        msg: `String should have at most ${limit} character${limit === 1 ? "" : "s"}`,
      };
    case "minLength":
      return {
        type: "string_too_short",
        msg: `String should have at least ${limit} character${limit === 1 ? "" : "s"}`,
      };
    case "minimum":
      return {
        type: "greater_than_equal",
        msg: `Input should be greater than or equal to ${limit}`,
      };
    case "maximum":
      return { type: "less_than_equal", msg: `Input should be less than or equal to ${limit}` };
    case "minItems":
      return { type: "too_short", msg: `List should have at least ${limit} item after validation` };
    case "maxItems":
      return { type: "too_long", msg: `List should have at most ${limit} items after validation` };
    case "pattern":
      return {
        type: "string_pattern_mismatch",
        msg: `String should match pattern '${params.pattern}'`,
      };
    case "format":
      return params.format === "date-time"
        ? { type: "datetime_parsing", msg: "Input should be a valid datetime" }
        : { type: "value_error", msg: `Input should be a valid ${params.format}` };
    default:
      return { type: "value_error", msg: message };
  }
}

function joined(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** Of a JSON pointer; indexes of lists are numbers. */
function partsOf(pointer: string, body: unknown): readonly (string | number)[] {
  let value = body;
  return pointer
    .split("/")
    .slice(1)
    .map((part) => {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const isIndex = Array.isArray(value);
      value = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
      return isIndex ? Number(name) : name;
    });
}
