// The subset of the Amazon States Language that the compiler emits and the interpreter runs (JSONPath mode).

export interface StateMachine {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type State =
  | TaskState
  | ParallelState
  | MapState
  | WaitState
  | ChoiceState
  | PassState
  | SucceedState;

/** Where a state goes: to the named state, or to the end of its machine or branch. */
export type Transition = { readonly Next: string } | { readonly End: true };

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  /** Whole seconds, at least 1. */
  readonly IntervalSeconds?: number;
  /** 0 means never; Step Functions allows up to 99,999,999. */
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly ResultPath?: null | string;
  readonly Next: string;
}

/** A payload; a key that ends in ".$" holds a path into the input ("$.x") or the context ("$$.x"). */
export interface PayloadTemplate {
  readonly [key: string]: unknown;
}

interface Flow {
  readonly Comment?: string;
  readonly ResultPath?: null | string;
  /** Null drops the output; nothing that we emit reads it then. */
  readonly OutputPath?: null;
}

export type TaskState = Flow &
  Transition & {
    readonly Type: "Task";
    /** `arn:aws:states:::lambda:invoke`, or the same with `.waitForTaskToken`. */
    readonly Resource: string;
    readonly Parameters: { readonly FunctionName: string; readonly Payload: PayloadTemplate };
    readonly TimeoutSeconds?: number;
    readonly Retry?: readonly Retrier[];
    readonly Catch?: readonly Catcher[];
  };

export type ParallelState = Flow &
  Transition & {
    readonly Type: "Parallel";
    readonly Branches: readonly StateMachine[];
    readonly Retry?: readonly Retrier[];
    readonly Catch?: readonly Catcher[];
  };

export type MapState = Flow &
  Transition & {
    readonly Type: "Map";
    readonly ItemsPath?: string;
    readonly ItemSelector?: PayloadTemplate;
    readonly MaxConcurrency?: number;
    readonly ItemProcessor: StateMachine & {
      readonly ProcessorConfig?: { readonly Mode: "INLINE" };
    };
    readonly Retry?: readonly Retrier[];
    readonly Catch?: readonly Catcher[];
  };

export type WaitState = Flow &
  Transition & { readonly Type: "Wait" } & (
    | { readonly Seconds: number }
    | { readonly SecondsPath: string }
    | { readonly Timestamp: string }
    | { readonly TimestampPath: string }
  );

export type PassState = Flow & Transition & { readonly Type: "Pass"; readonly Result?: unknown };

export interface SucceedState {
  readonly Type: "Succeed";
  readonly Comment?: string;
}

export interface ChoiceRule {
  readonly Variable: string;
  readonly Next: string;
  readonly BooleanEquals?: boolean;
  readonly StringEquals?: string;
  readonly NumericEquals?: number;
  readonly NumericGreaterThan?: number;
  readonly NumericLessThan?: number;
  readonly IsPresent?: boolean;
  readonly IsNull?: boolean;
}

export interface ChoiceState {
  readonly Type: "Choice";
  readonly Comment?: string;
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}
