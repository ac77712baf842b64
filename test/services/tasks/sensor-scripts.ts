// What the tests of sensors share: a sensor "s", and scripts of what its pokes come to.

import type { Script, ScriptedTry } from "../../../src/local/simulation/virtual-runner.ts";
import type { SensorDocument, TaskDocument } from "../../../src/model/document.ts";
import { task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { succeeds } from "../virtual-time.ts";

/** The instance of the sensor in the run "r" of the DAG "d". */
export const SENSOR_KEY = { dagId: "d", runId: "r", taskId: "s", mapIndex: -1 };

export function pokeEvery(pokeInterval: number): SensorDocument {
  return { pokeInterval, timeout: 604_800, softFail: false, exponentialBackoff: false };
}

/** Poked every minute where nothing else is said. */
export function sensor(
  options: Partial<SensorDocument> = {},
  upstream: readonly string[] = [],
  rest: Partial<TaskDocument> = {},
): TaskDocument {
  return task("s", upstream, { ...rest, sensor: { ...pokeEvery(60), ...options } });
}

export function notYet(seconds = 1): ScriptedTry {
  return { seconds, ending: { kind: "reschedule" } };
}

/** The sensor's pokes go as listed, the last for all that follow; other tasks succeed at once. */
export function pokes(...listed: readonly ScriptedTry[]): Script {
  let count = 0;
  return ({ taskId }) => {
    if (taskId !== "s") return succeeds();
    count += 1;
    return listed[count - 1] ?? listed.at(-1) ?? succeeds();
  };
}

export async function getSensor({ metadata }: VirtualProduct) {
  return metadata.taskInstances.get(SENSOR_KEY);
}
