// Addresses of our modules that are started by file, such as worker threads: `.ts` in a checkout,
// `.js` in the built package, `.mjs` in a Lambda function.
import { extname } from "node:path";

/**
 * URL of the module `path`, relative to the caller and without extension; it gets the caller's own.
 * @example new Worker(siblingUrl(import.meta.url, "task-thread"))
 */
export function siblingUrl(caller: string, path: string): URL {
  return new URL(`./${path}${extname(caller)}`, caller);
}
