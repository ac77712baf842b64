// Sensors hold a token in one state each; one with a gate in front waits for its rule there first.
import { dag, task } from "../../reference/documents.ts";

const sensor = { pokeInterval: 60, timeout: 604_800, softFail: false, exponentialBackoff: false };

export const document = dag("sensors", [
  task("wait_for_file", [], { sensor, retries: 3 }),
  task("load", ["wait_for_file"]),
  task("wait_for_other", [], { sensor: { ...sensor, softFail: true } }),
  task("first", ["load", "wait_for_other"], { triggerRule: "one_success", sensor }),
]);
