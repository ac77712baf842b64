// Entry of the worker threads, which write the logs of their tries themselves.
import { createThreadPort, threadStart } from "../../workers/inside/thread-port.ts";
import { serveTasks } from "../../workers/tasks/serve-tasks.ts";
import { writeUnwrittenText } from "../../workers/unwritten-text.ts";
import { createFileTaskLogs } from "../file-task-logs.ts";
import { resolveOwnModules } from "./stepwind-imports.ts";

/** What the task runner starts its threads with. */
export interface TaskThreadData {
  readonly logsFolder: string;
  /** Where `import.meta` of DAG files leads. */
  readonly dagsFolder: string;
}

/** After so many bundles a thread is replaced. */
const MAX_BUNDLES = 50;

const { logsFolder, dagsFolder } = toData(threadStart.data);

serveTasks({
  port: createThreadPort(),
  log: {
    logs: createFileTaskLogs(logsFolder),
    unwritten: writeUnwrittenText(threadStart.unwritten),
  },
  dagsFolder,
  isWorn: (bundles) => bundles >= MAX_BUNDLES,
  resolveOwnModules,
});

function toData(data: unknown): TaskThreadData {
  return data as TaskThreadData;
}
