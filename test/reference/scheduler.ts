// The reference scheduler: runs a DagDocument by its trigger rules alone, in virtual time, with no
// machine and no order but the rules'. What the compiler, the engine and the worker do together
// must come out the same.
import type { DagDocument } from "../../src/model/document.ts";
import { createAgenda } from "./agenda.ts";
import { createRunStates, type Script, type TaskEnd } from "./run-states.ts";

export interface Mishaps {
  /** Moments at which the engine dies and starts again, in order: what runs then starts over. */
  readonly deaths?: readonly number[];
}

/**
 * Every task's final state, and its first start and its end in seconds from the run's start, by
 * task id.
 */
export function schedule(
  document: DagDocument,
  script: Script,
  { deaths = [] }: Mishaps = {},
): ReadonlyMap<string, TaskEnd> {
  const states = createRunStates(document, script);
  const agenda = createAgenda();
  const started = new Set<string>();

  /** The end of what takes so long from a moment on and starts over when the engine dies. */
  function endOf(start: number, seconds: number): number {
    const restarted = deaths.reduce(
      (from, death) => (from <= death && death < from + seconds ? death : from),
      start,
    );
    return restarted + seconds;
  }

  function consider(taskId: string, now: number): void {
    if (started.has(taskId) || states.look(taskId, now) !== "run") return;
    started.add(taskId);
    states.start(taskId, now);
    const { duration, pokes = { seconds: [duration], interval: 0 } } = states.scripted(taskId);
    let moment = now;
    for (const [index, seconds] of pokes.seconds.entries()) {
      if (index > 0) moment += pokes.interval;
      moment = endOf(moment, seconds);
    }
    agenda.at(moment, (end) => {
      for (const touched of states.finish(taskId, end)) consider(touched, end);
    });
  }

  for (const { taskId } of document.tasks) {
    agenda.at(0, (now) => consider(taskId, now));
    const { pastDone = 0 } = states.scripted(taskId);
    if (pastDone > 0) agenda.at(pastDone, (now) => consider(taskId, now));
  }
  agenda.run();
  return states.ends;
}
