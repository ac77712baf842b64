// Tasks that may be what takes the server down: those that ran each time it stopped. Most of them
// did nothing, so a suspect isn't failed. It goes on in a process of its own, and only what happens
// to that process is its doing.
import type { TaskInstanceRecord } from "../records.ts";

type Instance = Pick<TaskInstanceRecord, "tries">;

/** Stops of the server during an instance's tries after which it is a suspect. */
const SUSPECT_AFTER = 2;

/**
 * Whether the server has stopped so often while the instance ran that its further tries are
 * isolated.
 */
export function isSuspect(instance: Instance): boolean {
  return countLostTries(instance) >= SUSPECT_AFTER;
}

/** For people: how often the server stopped while the instance ran. */
export function describeLostTries(instance: Instance): string {
  return `the server stopped ${countLostTries(instance)} times while this task ran`;
}

/** Tries that were lost because the server stopped. */
export function countLostTries({ tries }: Instance): number {
  return tries.filter(({ isLost }) => isLost).length;
}
