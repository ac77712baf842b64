// Entry of the loader function's threads: imports one bundle and returns what its DAGs draw.
import { setSourceMapsSupport } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { loadDags } from "../../runtime/load-dags.ts";
import { placeSourceModules } from "../../runtime/source-modules.ts";
import { ABSENT_DAG_FOLDER } from "./absent-dag-folder.ts";
import { resolveOwnModules } from "./stepwind-imports.ts";

setSourceMapsSupport(true);
resolveOwnModules();
placeSourceModules(ABSENT_DAG_FOLDER.folder);
parentPort?.postMessage(await loadDags({ ...workerData, absent: ABSENT_DAG_FOLDER }));
// What the file has left open keeps nobody waiting.
process.exit();
