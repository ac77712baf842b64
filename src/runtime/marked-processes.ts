// Finds and kills the processes that tasks have started, by a mark in their environment: it is
// inherited by whatever a process starts, also in another session or after its parent has ended.
// Linux shows environments in /proc. On macOS `ps` shows those of programs that aren't Apple's own;
// elsewhere there is nothing to find, and process groups alone are ended.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** The variable that holds the mark. */
export const MARK = "STEPWIND_TRY";

const PATTERN = new RegExp(`(?:^|[\\0 ])${MARK}=([\\w.-]+)`);
/** A process may start others between the look and its end. */
const MAX_ROUNDS = 10;
const ROUND_MS = 5;

interface Found {
  readonly pid: number;
  readonly mark: string;
}

/**
 * Kills every process whose mark passes the test, with its descendants; resolves when none is left.
 * What may not be killed (another user's) is left after some 300 ms.
 */
export async function killMarked(isMeant: (mark: string) => boolean): Promise<void> {
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const found = findMarked().filter(({ mark }) => isMeant(mark));
    if (found.length === 0) return;
    for (const pid of withDescendants(found.map(({ pid }) => pid))) kill(pid);
    await wait(ROUND_MS * round);
  }
}

function findMarked(): readonly Found[] {
  const environments = process.platform === "darwin" ? listByPs() : listByProc();
  return environments.flatMap(([pid, text]) => {
    const mark = PATTERN.exec(text)?.[1];
    return mark === undefined || pid === process.pid ? [] : [{ pid, mark }];
  });
}

function listByProc(): readonly (readonly [number, string])[] {
  return processIds().flatMap((pid) => {
    const text = readOf(pid, "environ");
    return text.includes(MARK) ? [[pid, text] as const] : [];
  });
}

function listByPs(): readonly (readonly [number, string])[] {
  const { stdout } = spawnSync("ps", ["-axEww", "-o", "pid=,command="], { encoding: "utf8" });
  return (stdout ?? "").split("\n").map((line) => [Number.parseInt(line, 10), line] as const);
}

function withDescendants(pids: readonly number[]): ReadonlySet<number> {
  const all = new Set(pids);
  const children = new Map<number, number[]>();
  for (const pid of processIds()) {
    // "pid (name) state ppid …", and the name may hold anything.
    const stat = readOf(pid, "stat");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  for (const pid of all) {
    for (const child of children.get(pid) ?? []) all.add(child);
  }
  all.delete(process.pid);
  return all;
}

function processIds(): readonly number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    // There is no /proc here.
    return [];
  }
}

function readOf(pid: number, file: "environ" | "stat"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    // It has ended, or belongs to another user.
    return "";
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended, or belongs to another user.
  }
}
