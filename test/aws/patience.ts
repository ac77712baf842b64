// How long tests on an emulator may take. vitest.aws.config.ts knows which one it is and says how
// much slower it is than others.
import process from "node:process";

const FACTOR = Number(process.env.STEPWIND_TEST_PATIENCE ?? "1");

/** The time limit in ms, longer where the emulator is slower. */
export const patient = (ms: number): number => ms * FACTOR;
