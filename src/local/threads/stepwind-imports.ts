// Lets bundles import "stepwind" in a worker thread: the names lead to the modules that the thread itself runs on.
import { registerHooks } from "node:module";
import { siblingUrl } from "./sibling-url.ts";

const OWN_MODULES: ReadonlyMap<string, string> = new Map([
  ["stepwind", siblingUrl(import.meta.url, "../../sdk/index").href],
  ["stepwind/operators", siblingUrl(import.meta.url, "../../operators/index").href],
]);

/** Holds for all imports of this thread from now on. */
export function resolveOwnModules(): void {
  registerHooks({
    resolve: (specifier, context, next) => next(OWN_MODULES.get(specifier) ?? specifier, context),
  });
}
