// What the worker is called with, and how it asks to be called again.
import type { ExecutionInput } from "../../ports/state-machines.ts";

/** What a Task state or the triggerer sends. */
export interface WorkerEvent extends ExecutionInput {
  readonly taskId: string;
  /** Absent for a task that isn't mapped. */
  readonly mapIndex?: number;
  /** Of a sensor's state, which waits until it gets this back. */
  readonly token?: string;
  /** From the triggerer: the pokes after which the sensor is to be poked. */
  readonly pokes?: number;
}

/** Thrown to be called again: after the task's retry delay, or soon ("Stepwind.NotYet"). */
export class RetryLater extends Error {
  override readonly name: "Stepwind.Retry" | "Stepwind.NotYet";
  /**
   * When the next call has something to do, epoch ms, where that is known; an engine that can't
   * wait so long asks before.
   */
  readonly dueAt: number | undefined;

  constructor(name: "Stepwind.Retry" | "Stepwind.NotYet", message: string, dueAt?: number) {
    super(message);
    this.name = name;
    this.dueAt = dueAt;
  }
}
