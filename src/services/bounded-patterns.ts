// Regular expressions that may not take for ever. DAG authors write them as the patterns of params, and
// whoever triggers a run chooses the texts: V8 tries all ways to match, of which some patterns have
// exponentially many.
import { type Context, createContext, Script } from "node:vm";
import type { PatternEngine } from "../model/values/params.ts";

/** A text that takes longer doesn't match. */
const MOST_MS = 500;

const TEST = new Script("pattern.test(text)");
let context: Context | undefined;

/** Throws for a pattern that isn't one, as RegExp does. */
export const boundedPattern: PatternEngine = (pattern, flags) => {
  const expression = new RegExp(pattern, flags);
  return {
    // By which Ajv tells patterns apart.
    toString: () => String(expression),
    test(text) {
      context ??= createContext();
      Object.assign(context, { pattern: expression, text });
      try {
        return TEST.runInContext(context, { timeout: MOST_MS }) === true;
      } catch (error) {
        if (isTimeout(error)) return false;
        throw error;
      }
    },
  };
};

/** The error is one of the context's own, and so no instance of this one's Error. */
function isTimeout(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  return "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
