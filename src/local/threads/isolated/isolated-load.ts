// Imports a bundle in a process of its own: for one during whose import the server has ended,
// perhaps by its doing. If it ends its process this time, the server lives and says so.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { siblingUrl } from "../../../workers/sibling-url.ts";
import type { IsolatedLoad, LoadResult } from "./load-messages.ts";

/** How the process ended without an answer, such as "was ended by SIGKILL". */
export interface ProcessDeath {
  readonly died: string;
}

/** What the process may take beyond the import itself, to start and to end, in seconds. */
const MORE_SECONDS = 10;

/** Never rejects for what the bundle does to its process. Aborting the signal ends the process. */
export function loadInProcess(
  request: IsolatedLoad,
  signal: AbortSignal,
): Promise<LoadResult | ProcessDeath> {
  const { promise, resolve } = Promise.withResolvers<LoadResult | ProcessDeath>();
  // In a session of its own, so that what it does to its process group is not done to the server.
  const child = fork(fileURLToPath(siblingUrl(import.meta.url, "load-process")), {
    execArgv: [],
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const kill = () => child.kill("SIGKILL");
  const timer = setTimeout(kill, (request.importTimeout + MORE_SECONDS) * 1_000);
  signal.addEventListener("abort", kill, { once: true });
  const finish = (result: LoadResult | ProcessDeath): void => {
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
    resolve(result);
  };
  child.once("message", (result: LoadResult) => finish(result));
  child.once("error", (error) => finish({ died: `could not be started: ${error.message}` }));
  child.once("exit", (code, by) =>
    finish({ died: by === null ? `exited with code ${code}` : `was ended by ${by}` }),
  );
  if (signal.aborted) kill();
  else child.send(request, () => {});
  return promise;
}
