// Ends the processes that tasks have started when this process is killed outright (SIGKILL, out of memory): they would
// go on beside the next try of their task. A small shell waits for the end of its input, which is our end.
import { type ChildProcess, spawn } from "node:child_process";

export interface ProcessGuard {
  /** A process group, by its leader, and the temporary folder that is to go with it. */
  add(pid: number, folder: string | undefined): void;
  /** The group has ended by itself. */
  remove(pid: number): void;
  /** Ends the guard; nothing is left to guard. */
  close(): void;
}

/** Lines "+ pid folder" and "- pid"; at the end of them, what is left is killed. */
const SCRIPT = `
begun=" "
while read -r sign pid folder; do
  case $sign in
    +) begun="$begun$pid "; eval "folder_$pid=\\$folder" ;;
    -) begun="\${begun%%" $pid "*} \${begun#*" $pid "}" ;;
  esac
done
for pid in $begun; do kill -s KILL -- "-$pid"; done
for pid in $begun; do eval "folder=\\$folder_$pid"; [ -z "$folder" ] || rm -rf -- "$folder"; done
`;

/** The shell starts with the first group. */
export function createProcessGuard(): ProcessGuard {
  let shell: ChildProcess | undefined;

  function start(): ChildProcess {
    // In a session of its own, so that Ctrl-C and a signal to our group don't end it before us.
    const child = spawn("sh", ["-c", SCRIPT], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    // Without a guard the product works as well.
    child.on("error", () => {});
    child.stdin?.on("error", () => {});
    child.unref();
    return child;
  }

  return {
    add(pid, folder) {
      shell ??= start();
      shell.stdin?.write(`+ ${pid} ${folder ?? ""}\n`);
    },
    remove(pid) {
      shell?.stdin?.write(`- ${pid}\n`);
    },
    close() {
      shell?.stdin?.end();
    },
  };
}
