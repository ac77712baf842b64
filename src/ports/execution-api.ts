// What user code that runs without the product's rights may ask of the product (Airflow 3: the Task
// Execution API). Messages are JSON, so that runtimes of any language can send them. Every message
// carries a signature or a capability that only the product can make; without one it is refused.
import type { LogEntry } from "../model/records.ts";
import type { TaskCall, TaskOutcome } from "../model/task-call.ts";
import type { AssetStateServices, Connection } from "../model/task-services.ts";
import type { SignedInput } from "./state-machines.ts";
import type { DiedTry } from "./task-runner.ts";

/** What a Task state, or the triggerer, sends to where user code runs, which passes it on. */
export interface TaskRequest extends SignedInput {
  readonly taskId: string;
  /** Made for each begin: one that is sent again, because its answer was lost, begins nothing. */
  readonly requestId?: string;
  /** Absent for a task that isn't mapped. */
  readonly mapIndex?: number;
  /** Of a state that waits until it gets this back. */
  readonly token?: string;
  /** From the triggerer: the pokes after which the task is to run. */
  readonly pokes?: number;
  /** From the triggerer, which doesn't wait for the call: says which call began a try. */
  readonly callId?: string;
  /** From the triggerer: the try that is recorded as running has died. */
  readonly isDead?: boolean;
}

/** A try to run now; it is recorded as running. */
export interface TryToRun {
  readonly kind: "run";
  /** Proves that a message comes from this try. */
  readonly capability: string;
  readonly call: TaskCall;
  readonly bundleHash: string;
  /** Seconds; absent means no limit. */
  readonly timeout?: number;
}

/** There is nothing more to do: the engine goes on. */
export interface NothingToDo {
  readonly kind: "done";
}

/** The engine is to call again: throw an error of this name. */
export interface CallAgain {
  readonly kind: "again";
  readonly name: "Stepwind.Retry" | "Stepwind.NotYet" | "Stepwind.Lost";
  readonly message: string;
}

export type BeginAnswer = TryToRun | NothingToDo | CallAgain;

/** "begin": the task's next try is due at once, so begin again. */
export type EndAnswer = NothingToDo | CallAgain | { readonly kind: "begin" };

/** What a try may ask for while it runs. Values are JSON text. */
export type Question =
  | { readonly method: "getVariable"; readonly args: { readonly key: string } }
  | {
      readonly method: "setVariable";
      readonly args: { readonly key: string; readonly value: string };
    }
  | { readonly method: "getConnection"; readonly args: { readonly connId: string } }
  | {
      readonly method: "getXCom";
      readonly args: { readonly taskId: string; readonly key: string; readonly mapIndex?: number };
    }
  | { readonly method: "setXCom"; readonly args: { readonly key: string; readonly value: string } }
  | { readonly method: "getTaskState"; readonly args: { readonly key: string } }
  /** As JSON text; see TaskServices. */
  | { readonly method: "getAssetEvents"; readonly args: { readonly inlet?: string } }
  /** Without a value, removes it. */
  | {
      readonly method: "putTaskState";
      readonly args: { readonly key: string; readonly value?: string };
    }
  | {
      readonly method: "getAssetState";
      readonly args: Parameters<AssetStateServices["getAssetState"]>[0];
    }
  | {
      readonly method: "putAssetState";
      readonly args: Parameters<AssetStateServices["putAssetState"]>[0];
    }
  | {
      readonly method: "clearAssetState";
      readonly args: Parameters<AssetStateServices["clearAssetState"]>[0];
    }
  /** An address from which the try's own bundle can be fetched for some minutes. */
  | { readonly method: "getBundleUrl"; readonly args: Readonly<Record<string, never>> };

/** How a try ended, with the lines of its log that were not yet sent. */
export interface TryReport {
  readonly ending: TaskOutcome | DiedTry;
  readonly entries: readonly LogEntry[];
}

export interface ExecutionApi {
  /**
   * Repeating with the same `requestId` answers the same try; with another one it counts a try that
   * is going on as died, as a second call of a worker does.
   */
  begin(request: TaskRequest): Promise<BeginAnswer>;
  /** Undefined where there is nothing of that name. Throws what the try may not know or change. */
  ask(capability: string, question: Question): Promise<string | Connection | undefined>;
  /** Why the try is to end, since its task was cleared or marked; undefined while it isn't. */
  look(capability: string): Promise<string | undefined>;
  append(capability: string, entries: readonly LogEntry[]): Promise<void>;
  /** Records the end, with all that follows from it. Repeating is safe. */
  end(capability: string, report: TryReport): Promise<EndAnswer>;
}
