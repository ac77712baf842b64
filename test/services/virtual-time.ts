// What the tests of the services share: a product in virtual time that is closed with the test, and
// words for scripts.
import { onTestFinished } from "vitest";
import type { Script, ScriptedTry } from "../../src/local/simulation/virtual-runner.ts";
import { BEGIN, createVirtualProduct, type VirtualProduct } from "../reference/virtual-product.ts";
import type { VirtualProductOptions } from "../reference/virtual-product-options.ts";

/** To be called within a test. Its time begins at 1970-01-02T00:00Z. */
export function startProduct(options?: VirtualProductOptions): VirtualProduct {
  const product = createVirtualProduct(options);
  onTestFinished(() => product.close());
  return product;
}

/** The moment so many seconds after the beginning, epoch ms. */
export function after(seconds: number): number {
  return BEGIN + seconds * 1_000;
}

/** The same as UTC ISO text. */
export function isoAfter(seconds: number): string {
  return new Date(after(seconds)).toISOString();
}

export const HOUR = 3_600;

/** Triggers a manual run; answers its id. */
export async function trigger(
  { services }: VirtualProduct,
  dagId: string,
  options: {
    readonly runId?: string;
    readonly logicalDate?: string;
    readonly runAfter?: string;
  } = {},
): Promise<string> {
  const run = await services.runControl.trigger({ dagId, triggeredBy: "rest_api", ...options });
  return run.runId;
}

/** When each try of a task started, in seconds after the beginning. */
export function startsOf({ tries }: VirtualProduct, taskId: string): readonly number[] {
  return tries
    .filter(({ call }) => call.taskId === taskId)
    .map(({ start }) => (start - BEGIN) / 1_000);
}

/** States of a run's tasks by id. */
export async function statesOf(
  product: VirtualProduct,
  dagId: string,
  runId: string,
): Promise<Readonly<Record<string, string | null>>> {
  const tasks = await product.getTasks(dagId, runId);
  return Object.fromEntries(Object.values(tasks).map(({ taskId, state }) => [taskId, state]));
}

/** The state of each run of a DAG, the earliest first. */
export async function runStatesOf(
  { metadata }: VirtualProduct,
  dagId: string,
): Promise<readonly string[]> {
  const { items } = await metadata.runs.list({ dagId });
  return items.map(({ state }) => state).toReversed();
}

export function succeeds(seconds = 0, result?: string): ScriptedTry {
  return { seconds, ending: { kind: "success", ...(result === undefined ? {} : { result }) } };
}

export function fails(seconds = 0, { retry = true } = {}): ScriptedTry {
  const error = { name: "Error", message: "as scripted" };
  return { seconds, ending: { kind: "failed", retry, error } };
}

export function skips(seconds = 0): ScriptedTry {
  return { seconds, ending: { kind: "skipped", message: "as scripted" } };
}

export function dies(seconds = 0): ScriptedTry {
  return { seconds, ending: { kind: "died", reason: "killed" } };
}

/** A script by task id; tasks that aren't named succeed at once. */
export function byTask(scripted: Readonly<Record<string, ScriptedTry>>): Script {
  return ({ taskId }) => scripted[taskId] ?? succeeds();
}
