// Wait: for a number of seconds or until a time, given literally or by a path.
import type { WaitState } from "../../model/asl.ts";
import { Fault } from "../errors.ts";
import { type Flow, sleep } from "../flow.ts";
import { readPath } from "../paths.ts";

/** The input, at once when there is nothing to wait for. */
export async function runWait(state: WaitState, input: unknown, flow: Flow): Promise<unknown> {
  const seconds = secondsToWait(state, input, flow);
  if (seconds > 0) await sleep(seconds, flow);
  return input;
}

function secondsToWait(state: WaitState, input: unknown, { host, context }: Flow): number {
  if ("Seconds" in state) return state.Seconds;
  if ("SecondsPath" in state) {
    const seconds = readPath(state.SecondsPath, input, context);
    if (typeof seconds === "number" && seconds >= 0) return seconds;
    const given = JSON.stringify(seconds);
    throw new Fault("States.Runtime", `waits ${state.SecondsPath} seconds, which is ${given}`);
  }
  const timestamp =
    "Timestamp" in state ? state.Timestamp : readPath(state.TimestampPath, input, context);
  const until = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(until)) {
    const given = JSON.stringify(timestamp);
    throw new Fault("States.Runtime", `waits until ${given}, which is not a timestamp`);
  }
  return (until - (host.now?.() ?? Date.now())) / 1000;
}
