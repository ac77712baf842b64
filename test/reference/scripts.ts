// Plans of the reference scheduler as scripts of the virtual runner.

import type { Script } from "../../src/local/simulation/virtual-runner.ts";
import type { Script as Plan } from "./run-states.ts";

/** Each try of a task goes as the plan of the run says; a task that fails does so each time. */
export function toScript(plan: Plan): Script {
  return ({ taskId }) => {
    const { duration = 0, outcome = "success", label, passes } = plan[taskId] ?? {};
    if (outcome === "skipped") return { seconds: duration, ending: { kind: "skipped" } };
    if (outcome === "failed") {
      const error = { name: "Error", message: "as scripted" };
      return { seconds: duration, ending: { kind: "failed", retry: true, error } };
    }
    const result = label === undefined ? passes : label;
    return {
      seconds: duration,
      ending: {
        kind: "success",
        ...(result === undefined ? {} : { result: JSON.stringify(result) }),
      },
    };
  };
}
