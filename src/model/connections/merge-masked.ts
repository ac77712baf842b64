// What a person sends back after they were shown a value with "***" in it: what they left masked
// keeps its value. Airflow: SecretsMasker.merge.
import type { Json, JsonObject } from "../values/json.ts";
import { isSensitiveName, MASK } from "./secret-masker.ts";

/** `name` is that of the value itself, if it has one. */
export function mergeMasked(given: Json, stored: Json, name?: string): Json {
  return merge(given, stored, name !== undefined && isSensitiveName(name));
}

function merge(given: Json, stored: Json, isSensitive: boolean): Json {
  if (isObject(given) && isObject(stored)) {
    return Object.fromEntries(
      Object.entries(given).map(([key, item]) => {
        const before = Object.hasOwn(stored, key) ? stored[key] : undefined;
        return [
          key,
          before === undefined ? item : merge(item, before, isSensitive || isSensitiveName(key)),
        ];
      }),
    );
  }
  if (isList(given) && isList(stored)) {
    return given.map((item, index) => {
      const before = stored[index];
      return before === undefined ? item : merge(item, before, isSensitive);
    });
  }
  return isSensitive && given === MASK ? stored : given;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !isList(value);
}
