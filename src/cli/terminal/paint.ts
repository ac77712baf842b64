// Colours and marks: a state looks alike in every command, in the colours that Airflow's UI gives
// it.
import type { DagRunState, TaskInstanceState } from "../../model/states.ts";
import { withoutControls } from "./text.ts";

type Style = (text: string) => string;

export interface Paint {
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
  readonly cyan: Style;
  /**
   * Text that a task wrote: without control sequences, but with its colours where there are any.
   */
  readonly foreign: Style;
  /** Text in the colour of a state. */
  state(state: AnyState, text?: string): string;
}

type AnyState = TaskInstanceState | DagRunState | null;

export function createPaint(hasColors: boolean): Paint {
  const style =
    (on: string, off: number): Style =>
    (text) =>
      hasColors && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  const states = new Map<AnyState, Style>([
    ["success", style("32", 39)],
    ["running", style("92", 39)],
    ["failed", style("31", 39)],
    ["upstream_failed", style("38;5;208", 39)],
    ["skipped", style("95", 39)],
    ["up_for_retry", style("33", 39)],
    ["up_for_reschedule", style("36", 39)],
    ["restarting", style("35", 39)],
    ["deferred", style("38;5;141", 39)],
    ["awaiting_input", style("38;5;141", 39)],
    ["queued", style("90", 39)],
    ["scheduled", style("90", 39)],
    ["removed", style("90", 39)],
  ]);
  const dim = style("2", 22);
  return {
    bold: style("1", 22),
    dim,
    red: style("31", 39),
    green: style("32", 39),
    yellow: style("33", 39),
    cyan: style("36", 39),
    foreign: (text) => withoutControls(text, { keepsColors: hasColors }),
    state: (state, text = toStateText(state)) => (states.get(state) ?? dim)(text),
  };
}

/** The state in words; Airflow's None is a task that hasn't been looked at yet. */
export function toStateText(state: AnyState): string {
  return state === null ? "no status" : state;
}

const MARKS: Readonly<Partial<Record<TaskInstanceState, string>>> = {
  success: "✓",
  failed: "✗",
  upstream_failed: "✗",
  skipped: "↷",
  running: "●",
  up_for_retry: "↻",
  up_for_reschedule: "◷",
  deferred: "◷",
  awaiting_input: "?",
};

/** One character for a state. */
export function toMark(state: AnyState): string {
  return (state === null ? undefined : MARKS[state]) ?? "○";
}
