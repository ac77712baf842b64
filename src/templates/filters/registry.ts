// All filters and tests by name.
import { TemplateNameError } from "../python/errors.ts";
import type { Arguments, Value } from "../python/values.ts";
import { CONVERSION_FILTERS } from "./conversions.ts";
import type { Filter, Registry } from "./filter.ts";
import { TEST_NAMES } from "./names.ts";
import { SELECTION_FILTERS } from "./selection.ts";
import { SEQUENCE_FILTERS } from "./sequences.ts";
import { TESTS, testedName } from "./tests.ts";
import { TEXT_FILTERS } from "./texts.ts";

const FILTERS: ReadonlyMap<string, Filter> = new Map([
  ...TEXT_FILTERS,
  ...SEQUENCE_FILTERS,
  ...SELECTION_FILTERS,
  ...CONVERSION_FILTERS,
]);

export const REGISTRY: Registry = { callFilter, callTest };

/** What this file knows: for the test that compares it with the list of names. */
export const KNOWN = {
  filters: [...FILTERS.keys()],
  // Those of a name, too: `"upper" is filter`.
  tests: [...TESTS.keys(), "filter", "test"],
} as const;

function callFilter(name: string, value: Value, args: Arguments): Value {
  const filter = FILTERS.get(name);
  if (!filter) throw new TemplateNameError(`there is no filter "${name}"`);
  return filter(value, args, REGISTRY);
}

function callTest(name: string, value: Value, args: Arguments): boolean {
  if (name === "filter") return FILTERS.has(testedName(value) ?? "");
  if (name === "test") return TEST_NAMES.includes(testedName(value) ?? "");
  const test = TESTS.get(name);
  if (!test) throw new TemplateNameError(`there is no test "${name}"`);
  return test(value, args);
}
