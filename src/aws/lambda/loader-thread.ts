// Entry of the loader function's threads: imports one bundle and answers what its DAGs draw.
import { setSourceMapsSupport } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { loadDags } from "../../runtime/load-dags.ts";
import { resolveOwnModules } from "./stepwind-imports.ts";

setSourceMapsSupport(true);
resolveOwnModules();
parentPort?.postMessage(await loadDags(workerData));
// What the file has left open keeps nobody waiting.
process.exit();
