// Choice: goes where the first rule that holds says.
import type { ChoiceRule, ChoiceState } from "../../model/asl.ts";
import { Fault } from "../errors.ts";
import { type Context, findPath, readPath } from "../paths.ts";

/** The next state's name. Throws States.NoChoiceMatched when no rule holds and there is no default. */
export function choose(state: ChoiceState, input: unknown, context: Context): string {
  const next = state.Choices.find((rule) => holds(rule, input, context))?.Next ?? state.Default;
  if (next === undefined) {
    throw new Fault("States.NoChoiceMatched", "has no rule that holds and no default");
  }
  return next;
}

/** A comparison with a value of another type doesn't hold. Only IsPresent may ask for a path that isn't there. */
function holds(rule: ChoiceRule, input: unknown, context: Context): boolean {
  if (rule.IsPresent !== undefined) {
    return (findPath(rule.Variable, input, context) !== undefined) === rule.IsPresent;
  }
  const value = readPath(rule.Variable, input, context);
  if (rule.IsNull !== undefined) return (value === null) === rule.IsNull;
  if (rule.BooleanEquals !== undefined) return value === rule.BooleanEquals;
  if (rule.StringEquals !== undefined) return value === rule.StringEquals;
  if (rule.NumericEquals !== undefined) return value === rule.NumericEquals;
  if (typeof value !== "number") return false;
  if (rule.NumericGreaterThan !== undefined) return value > rule.NumericGreaterThan;
  return rule.NumericLessThan !== undefined && value < rule.NumericLessThan;
}
