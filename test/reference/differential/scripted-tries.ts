// What a try of a random case comes to, as the runner in virtual time takes it.
import type { ScriptedTry } from "../../../src/local/simulation/virtual-runner.ts";
import type { TaskCall } from "../../../src/model/task-call.ts";
import type { VirtualProduct } from "../virtual-product.ts";
import type { Outcome, Outcomes } from "./outcomes.ts";

/** The next poke of a sensor, or the end of the try. */
export function playTry(
  outcomes: Outcomes,
  { tries }: Pick<VirtualProduct, "tries">,
  { taskId, mapIndex, tryNumber, runId }: TaskCall,
): ScriptedTry {
  const outcome = outcomes({ taskId, mapIndex }, tryNumber);
  const done = tries.filter(
    ({ call, end, isKilled }) =>
      call.runId === runId &&
      call.taskId === taskId &&
      call.mapIndex === mapIndex &&
      call.tryNumber === tryNumber &&
      end !== undefined &&
      !isKilled,
  ).length;
  const poke = outcome.pokes[done];
  if (poke !== undefined) return { seconds: poke, ending: { kind: "reschedule" } };
  return { seconds: outcome.seconds, ending: endingOf(outcome) };
}

function endingOf({ ending, result }: Outcome): ScriptedTry["ending"] {
  if (ending === "skipped") return { kind: "skipped", message: "as scripted" };
  if (ending === "failed" || ending === "fatal") {
    const error = { name: "Error", message: "as scripted" };
    return { kind: "failed", retry: ending === "failed", error };
  }
  const value = resultOf(result);
  return { kind: "success", ...(value === undefined ? {} : { result: JSON.stringify(value) }) };
}

/** What the task returns. */
export function resultOf({ length, label, passes }: Outcome["result"]) {
  const list = length === undefined ? undefined : Array.from({ length }, (_, index) => index);
  return list ?? label ?? passes;
}
