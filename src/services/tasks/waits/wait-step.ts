// What a look at a task that waits gives.
import type { TaskInstanceRecord } from "../../../model/records.ts";
import type { TaskOutcome } from "../../../model/task-call.ts";
import type { Wait } from "../../../model/waits/waits.ts";
import type { ServiceContext } from "../../service-context.ts";
import type { InstanceScope } from "../verdicts.ts";

/** What looking takes. */
export interface FollowContext extends ServiceContext {
  readonly scheduler: { schedule(dagId: string): Promise<void> };
}

export interface WaitingTask<W> {
  readonly instance: InstanceScope;
  readonly known: TaskInstanceRecord;
  readonly wait: W;
}

export type WaitStep =
  | { readonly kind: "ends"; readonly ending: TaskOutcome }
  /** A sensor's time is over. */
  | { readonly kind: "times-out"; readonly message: string }
  /**
   * It goes on: looked at again at this moment, epoch ms; without one, when somebody wakes it. The
   * message says for people what it waits for.
   */
  | {
      readonly kind: "waits";
      readonly nextAt: number | undefined;
      readonly message: string;
      /** What it waits for from now on; absent: the same. */
      readonly wait?: Wait;
    };
