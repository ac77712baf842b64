// The interpreter passes the contract of the executor.
import {
  createLocalStateMachines,
  LOCAL_FUNCTIONS,
} from "../../src/local/interpreter-state-machines.ts";
import { systemClock } from "../../src/services/system-clock.ts";
import { stateMachinesContract } from "../contract/state-machines.ts";
import { createRecordingReporter } from "./recording-reporter.ts";

stateMachinesContract("interpreter", async ({ metadata, callFunction }) => ({
  functions: LOCAL_FUNCTIONS,
  stateMachines: createLocalStateMachines({
    metadata,
    clock: systemClock,
    report: createRecordingReporter(),
    functions: () => ({
      worker: (event) => callFunction("worker", { ...event }),
      recorder: (event) => callFunction("recorder", { ...event }),
      defer: (deferral) => void callFunction("triggers", { ...deferral }),
      failed: async () => {},
    }),
  }),
}));
