// Starts one emulator for all test files of a run; the workers of Vitest inherit the environment
// that leads to it.
import { startEmulator } from "./ministack.ts";

/** Answers what ends it. */
export async function setup(): Promise<() => Promise<void>> {
  const emulator = await startEmulator();
  Object.assign(process.env, emulator.environment);
  return emulator.stop;
}
