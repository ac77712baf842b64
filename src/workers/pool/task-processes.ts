// Owns the processes that tasks start: each call's carry a mark in their environment, by which they
// are found and killed when the call has ended, when this process has died, and at the next start.
import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { killMarked } from "../../runtime/marked-processes.ts";
import { createProcessGuard, type ProcessGuard } from "./process-guard.ts";

export interface TaskProcesses {
  /** The mark for the processes of one more call. */
  createMark(): string;
  /**
   * A call is about to start its first process: from now on they are killed if this process dies.
   */
  begin(): void;
  /** A process group, by its leader, and the temporary folder that is to go with it. */
  addGroup(pid: number, folder?: string): void;
  removeGroup(pid: number): void;
  killGroup(pid: number, folder?: string): void;
  /** Kills what carries the mark; resolves when nothing does. */
  kill(mark: string): Promise<void>;
  /** The same within a moment, together with those of other calls. */
  killSoon(mark: string): void;
  /** Kills what is left of all calls. */
  close(): Promise<void>;
}

const NO_GUARD: ProcessGuard = { start() {}, add() {}, remove() {}, close() {} };
/** A look at all processes takes some milliseconds: calls that end well share one. */
const GATHER_MS = 200;

/** A name for the time that a process lives, unlike that of any other. */
function createLife(): string {
  return randomBytes(8).toString("hex");
}

/** Kills what the tasks of another process, which is dead, have left. */
export function killLeftovers(life: string): Promise<void> {
  return killMarked((mark) => mark.startsWith(`${life}.`));
}

/**
 * Kills what tasks of the process that had this home before have left, and takes its place. The
 * caller has the home's lock, so that process is dead; it may have had no time to clean up.
 */
export async function openTaskProcesses(home: string): Promise<TaskProcesses> {
  const file = join(home, "processes");
  const life = createLife();
  const before = (await readFile(file, "utf8").catch(() => "")).trim();
  if (before !== "") await killLeftovers(before);
  await writeFile(file, `${life}\n`);
  return createTaskProcesses({ life });
}

/** `isGuarded`: whether processes are killed when this one is killed outright; true when absent. */
export function createTaskProcesses({
  life = createLife(),
  isGuarded = true,
}: {
  readonly life?: string;
  readonly isGuarded?: boolean;
} = {}): TaskProcesses {
  const guard = isGuarded ? createProcessGuard(life) : NO_GUARD;
  const soon = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let together: Promise<void> | undefined;
  let marks = 0;
  let hasBegun = false;

  /** Calls that end in the same turn share one look. */
  function killGathered(mark: string): Promise<void> {
    soon.add(mark);
    together ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        together = undefined;
        clearTimeout(timer);
        timer = undefined;
        const meant = new Set(soon);
        soon.clear();
        killMarked((each) => meant.has(each)).then(resolve, reject);
      });
    });
    return together;
  }

  return {
    createMark() {
      marks += 1;
      return `${life}.${marks}`;
    },
    begin() {
      hasBegun = true;
      guard.start();
    },
    addGroup: guard.add,
    removeGroup: guard.remove,
    killGroup(pid, folder) {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // The group has ended by itself.
      }
      guard.remove(pid);
      if (folder !== undefined) void rm(folder, { recursive: true, force: true }).catch(() => {});
    },
    kill: killGathered,
    killSoon(mark) {
      soon.add(mark);
      timer ??= setTimeout(() => void killGathered(mark), GATHER_MS).unref();
    },
    async close() {
      clearTimeout(timer);
      if (hasBegun) await killLeftovers(life);
      guard.close();
    },
  };
}
