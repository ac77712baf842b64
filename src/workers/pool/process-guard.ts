// Kills the processes that tasks have started when this process is killed outright (SIGKILL, out of
// memory): they would go on beside the next try of their task. A small shell waits for the end of
// its input, which is our end, and searches the mark of this life in the environment of processes.
import { type ChildProcess, spawn } from "node:child_process";
import { MARK } from "../../runtime/marked-processes.ts";

export interface ProcessGuard {
  /** Starts the shell if that has not happened. */
  start(): void;
  /** A process group, by its leader, and the temporary folder that is to go with it. */
  add(pid: number, folder: string | undefined): void;
  /** The group has ended by itself. */
  remove(pid: number): void;
  /** Ends the guard; nothing is left to guard. */
  close(): void;
}

/**
 * Lines "+ pid folder" and "- pid"; at the end of them, what is left is killed, and after it every
 * process with the mark $1, until there is none or it has been looked ten times.
 */
const SCRIPT = `
begun=" "
while read -r sign pid folder; do
  case $sign in
    +) begun="$begun$pid "; eval "folder_$pid=\\$folder" ;;
    -) begun="\${begun%%" $pid "*} \${begun#*" $pid "}" ;;
  esac
done
marked() {
  if [ -d /proc/self ]; then grep -ls "${MARK}=$1" /proc/[0-9]*/environ | cut -d / -f 3
  else ps -axEww -o pid=,command= | grep "[${MARK[0]}]${MARK.slice(1)}=$1" | awk '{ print $1 }'; fi
}
for pid in $begun; do kill -s KILL -- "-$pid"; done
for round in 1 2 3 4 5 6 7 8 9 10; do
  found=$(marked "$1")
  [ -n "$found" ] || break
  for pid in $found; do kill -s KILL "$pid"; done
done
for pid in $begun; do eval "folder=\\$folder_$pid"; [ -z "$folder" ] || rm -rf -- "$folder"; done
`;

/** `life` begins the marks of all processes that this process's tasks start. */
export function createProcessGuard(life: string): ProcessGuard {
  let shell: ChildProcess | undefined;

  function start(): ChildProcess {
    if (shell) return shell;
    // In a session of its own, so that Ctrl-C and a signal to our group don't end it before us.
    shell = spawn("sh", ["-c", SCRIPT, "sh", `${life}.`], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    // Without a guard the product works as well.
    shell.on("error", () => {});
    shell.stdin?.on("error", () => {});
    shell.unref();
    return shell;
  }

  return {
    start: () => void start(),
    add(pid, folder) {
      start().stdin?.write(`+ ${pid} ${folder ?? ""}\n`);
    },
    remove(pid) {
      shell?.stdin?.write(`- ${pid}\n`);
    },
    close() {
      shell?.stdin?.end();
    },
  };
}
