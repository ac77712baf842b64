// Airflow's whole runs in virtual time, where the order of events is the same each time.
import { toDocument } from "../../src/describe/to-document.ts";
import type { Script } from "../../src/local/simulation/virtual-runner.ts";
import { SkipTask } from "../../src/sdk/errors.ts";
import { createVirtualProduct } from "../reference/virtual-product.ts";
import { fails, skips, succeeds } from "../services/virtual-time.ts";
import { drawCase, workOf } from "./draw-case.ts";
import type { RunCase } from "./run-case.ts";
import { type CaseEnd, compareCase, finalStatesOf } from "./runs.ts";

/** Runs the case; tasks take no time. */
export async function runCaseInVirtualTime(wanted: RunCase): Promise<CaseEnd> {
  const product = createVirtualProduct();
  try {
    const { document, diagnostics } = toDocument(drawCase(wanted, "d"));
    if (diagnostics.length > 0) return { flaw: diagnostics.map((each) => each.message).join() };
    product.play(scriptOf(wanted));
    await product.publish(document);
    await product.services.runControl.trigger({ dagId: "d", runId: "r", triggeredBy: "test" });
    await product.passAll();
    const { state } = await product.getRun("d", "r");
    const records = await product.metadata.taskInstances.list({ dagId: "d", runId: "r" });
    return compareCase(wanted, { state, states: finalStatesOf(document, records) });
  } finally {
    await product.close();
  }
}

function scriptOf({ tasks }: RunCase): Script {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  return (call) => {
    const task = byId.get(call.taskId);
    try {
      return succeeds(0, JSON.stringify(task && workOf(task, call)));
    } catch (problem) {
      return problem instanceof SkipTask ? skips() : fails();
    }
  };
}
