// A message to the triggerer that is about no task: a DAG is to be planned.

export interface PlanMessage {
  /** Id of the DAG. */
  readonly plan: string;
  /** Epoch ms. */
  readonly dueAt: number;
}

export function isPlanMessage(message: object): message is PlanMessage {
  return "plan" in message;
}
