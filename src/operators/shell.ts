// Runs one shell command in its own process group, line by line into the log, and ends the whole
// group on abort.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { LineSplitter } from "../runtime/line-splitter.ts";
import type { OperatorCall } from "../sdk/operator.ts";

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 5_000;

interface ShellRun extends Pick<OperatorCall, "log" | "signal" | "registerProcess"> {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Removed with the process group when that has to be killed from outside. */
  readonly temporaryFolder?: string;
}

interface ShellResult {
  /** Negative: the signal that killed the shell, as Python has it. */
  readonly exitCode: number;
  readonly lastLine: string;
}

/**
 * Resolves when the output is closed, so also when background processes that hold it have ended.
 * Rejects when no shell can be started, and with the signal's reason once an abort has ended the
 * group.
 */
export async function runShell(run: ShellRun): Promise<ShellResult> {
  run.signal.throwIfAborted();
  run.log.info(`Running command: ${run.command}`);
  try {
    return await runWith("bash", run);
  } catch (error) {
    if (!isMissing(error)) throw explain(error, run.command);
    run.log.warning("bash is not installed here; running the command with sh instead");
    return runWith("sh", run);
  }
}

function runWith(shell: string, run: ShellRun): Promise<ShellResult> {
  const { command, cwd, log, signal, registerProcess } = run;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    // The outer shell turns stderr into stdout and becomes the inner one, so lines come in the
    // order printed.
    const child = spawn(shell, ["-c", 'exec "$0" -c "$1" 2>&1', shell, command], {
      cwd,
      env: run.env,
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const { pid } = child;
    const lines = new LineSplitter((line) => log.info(line));
    child.on("error", reject);
    if (pid === undefined) return;

    const unregister = registerProcess(pid, run.temporaryFolder);
    let killer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      log.warning("Sending SIGTERM to the command's process group");
      killGroup(pid, "SIGTERM");
      killer = setTimeout(() => killGroup(pid, "SIGKILL"), GRACE_MS);
    };
    signal.addEventListener("abort", stop, { once: true });
    child.stdout.on("data", (chunk: Buffer) => lines.write(chunk));
    child.on("close", (code, signalName) => {
      signal.removeEventListener("abort", stop);
      clearTimeout(killer);
      if (signal.aborted) killGroup(pid, "SIGKILL");
      unregister();
      finish({ code, signalName });
    });

    function finish(end: { code: number | null; signalName: NodeJS.Signals | null }): void {
      try {
        const lastLine = lines.end();
        if (signal.aborted) throw signal.reason;
        const exitCode = end.code ?? -(end.signalName ? constants.signals[end.signalName] : 0);
        log.info(`Command exited with return code ${exitCode}`);
        // A failed command fails by its exit code, whatever its last line is.
        resolve({ exitCode, lastLine: exitCode === 0 ? lastLine.read() : "" });
      } catch (error) {
        reject(error);
      }
    }
  });
}

function killGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // The group has ended by itself.
  }
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    error.code === "ENOENT" &&
    "path" in error &&
    error.path === "bash"
  );
}

function explain(error: unknown, command: string): unknown {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "E2BIG") return error;
  const sizeBytes = Buffer.byteLength(command);
  return new Error(
    `The bash command or its environment is longer than the system allows (the command has ${sizeBytes} bytes); put it into a file`,
    { cause: error },
  );
}
