// Short ways to write definitions in tests.
import type { State, StateMachine, TaskState } from "../../src/model/asl.ts";

/** States in their order; the first is where it starts. */
export function machine(States: Readonly<Record<string, State>>): StateMachine {
  return { StartAt: Object.keys(States)[0] ?? "", States };
}

/** The state that ends the machine unless it says `Next`. */
export function task(
  functionName: string,
  { Payload = {}, Next, wait = false, ...rest }: TaskFields = {},
): TaskState {
  const Resource = `arn:aws:states:::lambda:invoke${wait ? ".waitForTaskToken" : ""}`;
  const exit = Next === undefined ? { End: true as const } : { Next };
  return {
    Type: "Task",
    Resource,
    Parameters: { FunctionName: functionName, Payload },
    ...exit,
    ...rest,
  };
}

/** The last state of a machine, which hands on its input and counts as no call. */
export const end = task("nothing", { ResultPath: null });

type TaskFields = Partial<
  Pick<TaskState, "ResultPath" | "TimeoutSeconds" | "Retry" | "Catch"> & {
    readonly Payload: Readonly<Record<string, unknown>>;
    readonly Next: string;
    readonly wait: boolean;
  }
>;

/** A throwable with that error name. */
export function failure(name: string, message = "it broke"): Error {
  return Object.assign(new Error(message), { name });
}
