// Lets bundles import "stepwind" in a function: its own code is bundled, so there is no file that
// the names could lead to. A module is made up for each name, with the exports of the code that
// runs here.
import { registerHooks } from "node:module";
import * as operators from "../../operators/index.ts";
import * as sdk from "../../sdk/index.ts";

const OWN_MODULES = new Map<string, object>([
  ["stepwind", sdk],
  ["stepwind/operators", operators],
]);
const SCHEME = "stepwind-own:";
/** Where the made-up modules find the exports. */
const SHELF = Symbol.for("stepwind.modules");

/**
 * Holds for all imports of this thread from now on; `onResolve` hears of each before it is loaded.
 */
export function resolveOwnModules({
  onResolve = () => {},
}: {
  readonly onResolve?: (specifier: string) => void;
} = {}): void {
  // The operators, which are loaded here already, start processes.
  onResolve("node:child_process");
  Object.assign(globalThis, { [SHELF]: OWN_MODULES });
  registerHooks({
    resolve(specifier, context, next) {
      onResolve(specifier);
      if (!OWN_MODULES.has(specifier)) return next(specifier, context);
      return { url: SCHEME + specifier, format: "module", shortCircuit: true };
    },
    load(url, context, next) {
      const own = url.startsWith(SCHEME) ? url.slice(SCHEME.length) : undefined;
      const exported = own === undefined ? undefined : OWN_MODULES.get(own);
      if (!exported) return next(url, context);
      const names = Object.keys(exported).join(", ");
      const source = `export const { ${names} } = globalThis[Symbol.for("stepwind.modules")].get(${JSON.stringify(own)});`;
      return { format: "module", source, shortCircuit: true };
    },
  });
}
