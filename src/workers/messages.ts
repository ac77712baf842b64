// What a pool and its workers say to each other: over a MessagePort with a thread, over pipes with
// a process. A worker has one call at a time.
import type { LogEntry } from "../model/records.ts";
import type { TryKey } from "../ports/task-logs.ts";

export type HostMessage =
  | {
      readonly kind: "call";
      readonly number: number;
      /** For the environment of the processes that the call starts. */
      readonly mark: string;
      readonly request: unknown;
    }
  /** The call is to end; the worker answers "aborting" as soon as it can hear it. */
  | { readonly kind: "abort"; readonly reason: string }
  /** There are no more calls: the worker ends when nothing in it is open any more. */
  | { readonly kind: "leave" }
  | { readonly kind: "reply"; readonly id: number; readonly value: unknown }
  | { readonly kind: "refusal"; readonly id: number; readonly message: string };

export interface Answer {
  readonly kind: "answer";
  readonly value: unknown;
  /** Time from the call's arrival in the worker to its end. */
  readonly busyMs: number;
  /** The worker is not to be used again. */
  readonly retire: boolean;
  /** Which calls alone may use the worker from now on, see `WorkerCall.group`; any when absent. */
  readonly onlyFor?: string;
  /** Processes that the call has started and that still run. */
  readonly processes: number;
}

export type WorkerMessage =
  | { readonly kind: "ready" }
  | Answer
  /** The abort was heard; `hasProcesses` until all processes that the call started have ended. */
  | { readonly kind: "aborting"; readonly hasProcesses: boolean }
  /** An error that nothing in the worker caught: it is to be ended. */
  | { readonly kind: "broken"; readonly reason: string }
  /** Lines of a worker that writes no logs itself. */
  | { readonly kind: "log"; readonly key: TryKey; readonly entries: readonly LogEntry[] }
  /** A question of the call with this number, answered by a reply or a refusal. */
  | {
      readonly kind: "ask";
      readonly call: number;
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  /** The call is about to start its first process. */
  | { readonly kind: "spawning" }
  /** A process group that the call with this number has started, or that has ended. */
  | {
      readonly kind: "process";
      readonly call: number;
      readonly pid: number;
      /** Goes with the group when that has to be killed. */
      readonly folder?: string | undefined;
      readonly isRunning: boolean;
    };

/** What every thread of a pool is started with. */
export interface ThreadStart {
  /** Text that survives the thread, see unwritten-text.ts. */
  readonly unwritten: SharedArrayBuffer;
  /** What the pool's maker gives its threads. */
  readonly data: unknown;
}
