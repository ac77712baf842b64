// From a parsed template to text: names in, text out.

import { PythonError } from "../model/python/errors.ts";
import { GLOBALS } from "./interpret/globals.ts";
import type { Names } from "./interpret/scope.ts";
import { render } from "./interpret/statements.ts";
import type { Body } from "./syntax/nodes.ts";

/** The text of a template. Throws what its expressions throw. */
export function renderBody(body: Body, names: Names): string {
  const withGlobals: Names = {
    get(name) {
      const value = names.get(name);
      return value === undefined ? GLOBALS.get(name) : value;
    },
  };
  try {
    return render(body, withGlobals);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PythonError("OverflowError", "it calls itself too deeply");
  }
}
