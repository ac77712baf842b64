// The subset of the Amazon States Language that the compiler emits and the interpreter runs
// (JSONPath mode). There is no Map: mapped tasks go by messages.

export interface StateMachine {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type State = TaskState | ParallelState;

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

/**
 * A payload; a key that ends in ".$" holds a path into the input ("$.x") or the context ("$$.x").
 */
export interface PayloadTemplate {
  readonly [key: string]: unknown;
}

/** Of `lambda:invoke`. */
export interface FunctionCall {
  readonly FunctionName: string;
  readonly Payload: PayloadTemplate;
}

/** Of `sqs:sendMessage`. */
export interface QueueMessage {
  readonly QueueUrl: string;
  readonly MessageBody: PayloadTemplate;
}

/** What the state sends, whichever way. */
export function payloadOf(parameters: FunctionCall | QueueMessage): PayloadTemplate {
  return "Payload" in parameters ? parameters.Payload : parameters.MessageBody;
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
    /**
     * `arn:aws:states:::lambda:invoke` or `arn:aws:states:::sqs:sendMessage`, alone or with
     * `.waitForTaskToken`.
     */
    readonly Resource: string;
    readonly Parameters: FunctionCall | QueueMessage;
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
