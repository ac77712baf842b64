// What the worker is called with, what it works on, and how it asks to be called again.
import type { TaskDocument } from "../../model/document.ts";
import type { TaskInstanceKey } from "../../model/records.ts";
import type { ExecutionInput } from "../../ports/state-machines.ts";
import type { RunScope } from "./verdicts.ts";

/** What a Task state or the triggerer sends. */
export interface WorkerEvent extends ExecutionInput {
  readonly taskId: string;
  /** Of a sensor's state, which waits until it gets this back. */
  readonly token?: string;
  /** From the triggerer: the pokes after which the sensor is to be poked. */
  readonly pokes?: number;
}

/** Thrown to be called again: after the task's retry delay, or soon ("Stepwind.NotYet"). */
export class RetryLater extends Error {
  override readonly name: "Stepwind.Retry" | "Stepwind.NotYet";
  /** When the next call has something to do, epoch ms, where that is known; an engine that can't wait so long asks before. */
  readonly dueAt: number | undefined;

  constructor(name: "Stepwind.Retry" | "Stepwind.NotYet", message: string, dueAt?: number) {
    super(message);
    this.name = name;
    this.dueAt = dueAt;
  }
}

/** A task instance of a run that goes on, as the worker was called for it. */
export interface Attempt {
  readonly scope: RunScope;
  readonly task: TaskDocument;
  readonly key: TaskInstanceKey;
}
