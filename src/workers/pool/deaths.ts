// Why a call of a worker thread died.

export interface Death {
  /**
   * `timeout` and `stopped` are the caller's wish; `memory`, `exit` and `error` are the call's own
   * doing; `closing` is the end of the pool, `start` a thread that could not start.
   */
  readonly cause: "timeout" | "stopped" | "memory" | "exit" | "error" | "closing" | "start";
  /** For people. */
  readonly reason: string;
}

/** Why a call is stopped, from the reason that its signal was aborted with. */
export function stopText(signal: AbortSignal | undefined): string {
  const reason: unknown = signal?.reason;
  if (typeof reason === "string") return reason;
  const isOwn = reason instanceof Error && reason.name !== "AbortError";
  return isOwn ? reason.message : "it was stopped";
}

export function outOfMemory(memoryLimitMb: number): Death {
  const reason = `the worker thread ran out of memory (limit ${memoryLimitMb} MB)`;
  return { cause: "memory", reason };
}

/** From an error that ended the thread. */
export function toDeath(error: unknown, memoryLimitMb: number): Death {
  if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return outOfMemory(memoryLimitMb);
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { cause: "error", reason: `an error outside of the task's promise: ${what}` };
}
