// What the worker is called with, and how it asks to be called again.
import type { ExecutionInput } from "../../ports/state-machines.ts";

/** What a Task state or the triggerer sends. */
export interface WorkerEvent extends ExecutionInput {
  readonly taskId: string;
  /** Absent for a task that isn't mapped. */
  readonly mapIndex?: number;
  /** Of a sensor's state, which waits until it gets this back. */
  readonly token?: string;
  /** Of a message that begins a try apart from the worker: the same when it is sent again. */
  readonly requestId?: string;
  /** From the triggerer: the pokes after which the task is to run. */
  readonly pokes?: number;
  /** From a triggerer that doesn't wait for the call: says which call began a try. */
  readonly callId?: string;
  /** From the triggerer: the try that is recorded as running has died. */
  readonly isDead?: boolean;
}

/** How the worker asks for more. */
export type Ask = "Stepwind.Retry" | "Stepwind.NotYet" | "Stepwind.Lost";

/**
 * Thrown to be called again: after the task's retry delay, soon ("Stepwind.NotYet"), or because the
 * end of the call's own try could not be recorded ("Stepwind.Lost").
 */
export class RetryLater extends Error {
  override readonly name: Ask;
  /**
   * When the next call has something to do, epoch ms, where that is known; an engine that can't
   * wait so long asks before.
   */
  readonly dueAt: number | undefined;

  constructor(name: Ask, message: string, dueAt?: number) {
    super(message);
    this.name = name;
    this.dueAt = dueAt;
  }
}

/** Thrown for a task that somebody lets go on later: it needs no call to find that out. */
export class HeldBack extends RetryLater {
  constructor(message: string) {
    super("Stepwind.NotYet", message);
  }
}
