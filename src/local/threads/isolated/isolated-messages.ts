// What the server and the process of an isolated try say to each other.
import type { TaskCall, TaskOutcome } from "../../../model/task-call.ts";
import type { DiedTry } from "../../../ports/task-runner.ts";
import type { BundleAddress } from "../../../runtime/user-code.ts";

/** One try, which is all that the process runs. */
export interface IsolatedTry {
  readonly call: TaskCall;
  readonly bundle: BundleAddress;
  readonly logsFolder: string;
  readonly dagsFolder: string;
  readonly memoryLimitMb?: number;
  /** Seconds; absent means no limit. */
  readonly timeout?: number;
}

export type ToProcess =
  | { readonly kind: "run"; readonly request: IsolatedTry }
  | { readonly kind: "abort"; readonly reason: string }
  | { readonly kind: "reply"; readonly id: number; readonly value: unknown }
  | { readonly kind: "refusal"; readonly id: number; readonly message: string };

export type FromProcess =
  | {
      readonly kind: "ask";
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | { readonly kind: "ended"; readonly ending: TaskOutcome | DiedTry };
