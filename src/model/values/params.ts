// Params of a run: the DAG's defaults, overridden by the conf it is triggered with, checked by
// their JSON schemas.

import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { ParamDocument } from "../document.ts";
import type { Json, JsonObject } from "./json.ts";
import { RecentMap } from "./recent-map.ts";

export interface ParamError {
  readonly param: string;
  /** What is wrong with the value, or with the schema itself. */
  readonly message: string;
}

export type ResolvedParams =
  | { readonly ok: true; readonly values: JsonObject }
  | { readonly ok: false; readonly errors: readonly ParamError[] };

interface Check {
  /** Why the schema can't be used, if so: then no value passes. */
  readonly problem?: string;
  /** What is wrong with the value. */
  find(value: Json): string | undefined;
}

/** Makes what tests texts by a pattern, as `new RegExp(pattern, flags)` does. */
export type PatternEngine = (
  pattern: string,
  flags: string,
) => { readonly test: (text: string) => boolean; readonly toString: () => string };

let engine: PatternEngine = (pattern, flags) => new RegExp(pattern, flags);

/** For the patterns of schemas that are checked from then on, in this process. */
export function setPatternEngine(given: PatternEngine): void {
  engine = given;
}

const MOST_CHECKS = 5_000;
const checks = new RecentMap<string, Check>(MOST_CHECKS);
let ajv: Ajv2020 | undefined;

/**
 * The values for a run. Keys of `conf` that are not params are taken over unchecked (Airflow:
 * dag_run_conf_overrides_params).
 */
export function resolveParams(
  params: Readonly<Record<string, ParamDocument>>,
  conf: JsonObject,
): ResolvedParams {
  const values: Record<string, Json> = {};
  const errors: ParamError[] = [];
  for (const [param, { default: fallback, schema }] of Object.entries(params)) {
    const value = Object.hasOwn(conf, param) ? conf[param] : fallback;
    if (value === undefined) {
      errors.push({ param, message: "has no default and no value was given" });
      continue;
    }
    const message = checkFor(schema).find(value);
    if (message !== undefined) errors.push({ param, message });
    values[param] = value;
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, values: { ...values, ...conf } };
}

/** Why the schema can't be used, whatever the value; undefined if it can. */
export function findSchemaProblem(schema: JsonObject): string | undefined {
  return checkFor(schema).problem;
}

/**
 * Checks are kept by the schema's text, so that reading a document again doesn't compile them
 * again.
 */
function checkFor(schema: JsonObject): Check {
  const key = JSON.stringify(schema);
  let check = checks.get(key);
  if (!check) {
    check = key === "{}" ? { find: () => undefined } : compile(schema);
    checks.set(key, check);
  }
  return check;
}

function compile(schema: JsonObject): Check {
  ajv ??= createAjv();
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    const problem = `has a schema that can't be used: ${error instanceof Error ? error.message : String(error)}`;
    return { problem, find: () => problem };
  }
  return {
    find: (value) =>
      validate(value) ? undefined : (validate.errors ?? []).map(describeError).join(", "),
  };
}

function createAjv(): Ajv2020 {
  const created = new Ajv2020({
    strict: false,
    allErrors: true,
    addUsedSchema: false,
    logger: false,
    // `code` is for checks that Ajv writes to files, which these aren't.
    code: {
      regExp: Object.assign((pattern: string, flags: string) => engine(pattern, flags), {
        code: "new RegExp",
      }),
    },
  });
  addFormats.default(created);
  return created;
}

function describeError({ instancePath, keyword, message, params }: ErrorObject): string {
  const where = instancePath === "" ? "" : `${instancePath.slice(1).replaceAll("/", ".")} `;
  const allowed =
    keyword === "enum" && Array.isArray(params.allowedValues)
      ? `: ${params.allowedValues.map((value) => JSON.stringify(value)).join(", ")}`
      : "";
  return `${where}${message ?? keyword}${allowed}`;
}
