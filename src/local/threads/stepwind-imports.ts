// Lets bundles import "stepwind" in a worker thread: the names lead to the modules that the thread
// itself runs on.
import { registerHooks } from "node:module";
import { siblingUrl } from "../../workers/sibling-url.ts";

const OWN_MODULES: ReadonlyMap<string, string> = new Map([
  ["stepwind", siblingUrl(import.meta.url, "../../sdk/index").href],
  ["stepwind/operators", siblingUrl(import.meta.url, "../../operators/index").href],
]);

/**
 * Holds for all imports of this thread from now on; `onResolve` hears of each before it is loaded.
 */
export function resolveOwnModules({
  onResolve,
}: {
  readonly onResolve: (specifier: string) => void;
}): void {
  registerHooks({
    resolve(specifier, context, next) {
      onResolve(specifier);
      return next(OWN_MODULES.get(specifier) ?? specifier, context);
    },
  });
}
