// Logs of tries that run apart: lines are sent to the Execution API soon after they come, and the
// last ones together with the try's end, which saves a message.
import type { LogEntry } from "../../model/records.ts";
import type { ExecutionApi } from "../../ports/execution-api.ts";
import type { TaskLogs, TryKey } from "../../ports/task-logs.ts";

export interface SentLogs extends Pick<TaskLogs, "append"> {
  /** From now on lines of the try are sent with this capability. */
  open(key: TryKey, capability: string): void;
  /** Answers the lines that were not sent, once those before them were. Later lines are sent. */
  close(key: TryKey): Promise<readonly LogEntry[]>;
  /** Sends whatever waits; resolves when all is sent. */
  settled(): Promise<void>;
}

export interface SentLogsOptions {
  readonly api: Pick<ExecutionApi, "append">;
  /** Says that lines were lost. */
  readonly onLost: (problem: unknown) => void;
}

/** How long lines wait for others, or for the end that comes right after the last of them. */
const WAIT_MS = 100;

interface OpenLog {
  readonly capability: string;
  gathered: LogEntry[];
  timer: NodeJS.Timeout | undefined;
  sent: Promise<void>;
  /** Whether its try has ended: what the try left behind may still write. */
  isClosed: boolean;
}

export function createSentLogs({ api, onLost }: SentLogsOptions): SentLogs {
  const open = new Map<string, OpenLog>();

  function take(log: OpenLog): readonly LogEntry[] {
    clearTimeout(log.timer);
    log.timer = undefined;
    const { gathered } = log;
    log.gathered = [];
    return gathered;
  }

  function send(log: OpenLog): void {
    const entries = take(log);
    if (entries.length === 0) return;
    log.sent = log.sent.then(() => api.append(log.capability, entries)).catch(onLost);
  }

  return {
    open(key, capability) {
      for (const [name, { isClosed }] of open) if (isClosed) open.delete(name);
      open.set(textOf(key), {
        capability,
        gathered: [],
        timer: undefined,
        sent: Promise.resolve(),
        isClosed: false,
      });
    },
    async append(key, entries) {
      const log = open.get(textOf(key));
      if (!log) return onLost(new Error(`nobody logs for ${textOf(key)} here`));
      log.gathered.push(...entries);
      log.timer ??= setTimeout(() => send(log), WAIT_MS);
    },
    async close(key) {
      const log = open.get(textOf(key));
      if (!log) return [];
      log.isClosed = true;
      const last = take(log);
      await log.sent;
      return last;
    },
    async settled() {
      const all = [...open.values()];
      for (const log of all) send(log);
      await Promise.all(all.map((log) => log.sent));
    },
  };
}

function textOf({ dagId, runId, taskId, mapIndex, tryNumber }: TryKey): string {
  return JSON.stringify([dagId, runId, taskId, mapIndex, tryNumber]);
}
