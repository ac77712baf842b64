// Map: one inline processor for each item of a list, as many at once as MaxConcurrency allows.
import type { MapState } from "../../model/asl.ts";
import { Fault } from "../errors.ts";
import type { Flow } from "../flow.ts";
import { readPath } from "../paths.ts";
import { fillTemplate } from "../payload.ts";

/**
 * The items' outputs in their order. The first item that fails stops the others and its error is
 * the state's.
 */
export async function runMap(state: MapState, input: unknown, flow: Flow): Promise<unknown[]> {
  const { ItemsPath = "$", ItemSelector, ItemProcessor, MaxConcurrency = 0 } = state;
  const items = readPath(ItemsPath, input, flow.context);
  if (!Array.isArray(items)) {
    throw new Fault("States.Runtime", `takes its items from ${ItemsPath}, which is not a list`);
  }
  // All selected before the first is started, so that a wrong path starts nothing.
  const selected = items.map((item: unknown, index) => {
    const context = { ...flow.context, Map: { Item: { Index: index, Value: item } } };
    const value = ItemSelector === undefined ? item : fillTemplate(ItemSelector, input, context);
    return { value, context };
  });
  // A fresh stack for each level, as in Parallel.
  await undefined;
  const scope = flow.scope.fork();
  const outputs: unknown[] = new Array(selected.length);
  const lanes = Math.min(MaxConcurrency || selected.length, selected.length);
  // The lanes share one iterator: each takes the next item when it has finished one.
  const waiting = selected.entries();
  const lane = async (): Promise<void> => {
    for (const [index, { value, context }] of waiting) {
      outputs[index] = await flow.run(ItemProcessor, value, { ...flow, scope, context });
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    flow.scope.release(scope);
  }
  return outputs;
}
