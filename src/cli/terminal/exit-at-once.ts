// Ends the process although a worker thread can't be ended: Node waits for its threads in every
// kind of exit, and a thread that waits in the operating system comes back when it likes.

/** Open files are written; processes of tasks are killed by the guard, which sees our end. */
export function exitAtOnce(exitCode: number): never {
  // A process that becomes another program loses all of its threads. Windows has no such call.
  if (process.platform !== "win32")
    process.execve?.("/bin/sh", ["sh", "-c", `exit ${exitCode}`], {});
  process.exit(exitCode);
}
