// Entry of the processes that run user code in the worker function. What a try logs goes to the
// function's own process line by line, so that it survives whatever ends this one.
import { createProcessPort } from "../../workers/inside/process-port.ts";
import { serveTasks } from "../../workers/tasks/serve-tasks.ts";
import { ABSENT_DAG_FOLDER } from "./absent-dag-folder.ts";
import { resolveOwnModules } from "./stepwind-imports.ts";

/** What the processes are started with. */
export interface TaskProcessData {
  /** A process that has more memory resident is replaced before it gets code of another bundle. */
  readonly wornMb: number;
}

/** After so many bundles a process is replaced, however small they are. */
const MAX_BUNDLES = 50;
const MB = 1_024 * 1_024;

const { wornMb }: TaskProcessData = JSON.parse(process.argv[2] ?? "{}");
const port = createProcessPort();
const home = process.cwd();

serveTasks({
  port,
  log: {
    gatherMs: 0,
    logs: { append: async (key, entries) => port.post({ kind: "log", key, entries }) },
  },
  dagsFolder: ABSENT_DAG_FOLDER.folder,
  // One bundle that is large by itself would be imported again for each call.
  isWorn: (bundles) =>
    bundles >= MAX_BUNDLES || (bundles > 1 && process.memoryUsage.rss() > wornMb * MB),
  refresh() {
    if (process.cwd() !== home) process.chdir(home);
  },
  resolveOwnModules,
});
