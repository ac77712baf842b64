// Starts the worker function's first process for user code while the function's own code still
// loads: this module is imported before the rest.
import { startUserProcesses } from "./user-processes.ts";

export const userProcesses = startUserProcesses();
