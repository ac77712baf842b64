// An operator: a plain value that says what a task does with its fields. Functions such as `bash`
// make them.
import type { DateCondition } from "../model/document.ts";
import type { TaskContext } from "./context.ts";
import type { TaskLog } from "./log.ts";
import type { SensorOptions } from "./options.ts";
import type { OUTPUT } from "./task-ref.ts";

/** Brand of operators. */
const OPERATOR = Symbol.for("stepwind.operator");

/** What an operator gets when its task runs. */
export interface OperatorCall {
  /** The fields with upstream results put in and templates rendered. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly context: TaskContext;
  readonly log: TaskLog;
  /** Aborted when the try is stopped, cleared or out of time. */
  readonly signal: AbortSignal;
  /**
   * Tells the host of a process group to kill should this thread die, and of a temporary folder to
   * remove with it; gives the function that takes both back. The id is the group's leader.
   */
  readonly registerProcess: (pid: number, folder?: string) => () => void;
}

/** A task or group by its id, or as it was placed. */
export type FollowTarget = string | { readonly taskId: string } | { readonly groupId: string };

/** A decision that the product makes, with what to follow as the author named it. */
export type OperatorDecision =
  /** By an answer of a person: that it approves. */
  | { readonly kind: "approval"; readonly ignoreDownstreamTriggerRules: boolean }
  /** By the options that a person chooses; the result is the ids of their targets. */
  | { readonly kind: "by-option"; readonly targets: readonly FollowTarget[] }
  | { readonly kind: "latest-only" }
  | {
      readonly kind: "by-date";
      readonly condition: DateCondition;
      readonly ifTrue: readonly FollowTarget[];
      readonly ifFalse: readonly FollowTarget[];
    };

/** A task's work as a value; `R` is what it returns, `F` the fields that `expand` may map over. */
export interface Operator<out R = unknown, out F = unknown> {
  readonly [OPERATOR]: true;
  readonly [OUTPUT]: R;
  /** As in Python without "Operator": "bash", "empty". */
  readonly name: string;
  /** Fields that are Jinja templates (Airflow: template_fields). */
  readonly templateFields: readonly string[];
  readonly fields: Readonly<Record<string, unknown>> & FieldTypes<F>;
  /**
   * Present on a sensor: `execute` is a poke, and answers what a sensor's handler does. The task's
   * own options win.
   */
  readonly sensor?: SensorOptions;
  /** Whether `execute` of an operator that is no sensor may answer `Deferred`. */
  readonly waits?: true;
  /** Present on a branch that the product decides. */
  readonly decision?: OperatorDecision;
  execute(call: OperatorCall): Promise<unknown>;
}

declare const FIELDS: unique symbol;

interface FieldTypes<out F> {
  readonly [FIELDS]?: F;
}

interface OperatorParts {
  readonly name: string;
  readonly templateFields: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
  readonly sensor?: SensorOptions;
  readonly waits?: true;
  /** Present on a branch that the product decides. */
  readonly decision?: OperatorDecision;
  execute(call: OperatorCall): Promise<unknown>;
}

class OperatorValue<R, F> implements Operator<R, F> {
  declare readonly [OUTPUT]: R;
  readonly [OPERATOR] = true as const;
  readonly name: string;
  readonly templateFields: readonly string[];
  readonly fields: Readonly<Record<string, unknown>> & FieldTypes<F>;
  readonly sensor?: SensorOptions;
  readonly waits?: true;
  readonly decision?: OperatorDecision;
  readonly execute: (call: OperatorCall) => Promise<unknown>;

  constructor(parts: OperatorParts) {
    this.name = parts.name;
    this.templateFields = parts.templateFields;
    this.fields = parts.fields;
    if (parts.sensor) this.sensor = parts.sensor;
    if (parts.waits) this.waits = parts.waits;
    if (parts.decision) this.decision = parts.decision;
    this.execute = parts.execute;
  }
}

/** Makes an operator; `execute` must return what `R` says, as JSON, or undefined for no result. */
export function createOperator<R, F = unknown>(parts: OperatorParts): Operator<R, F> {
  return new OperatorValue<R, F>(parts);
}

/** Whether the value is an operator, also one made by another copy of the SDK. */
export function isOperator(value: unknown): value is Operator {
  return typeof value === "object" && value !== null && OPERATOR in value;
}
