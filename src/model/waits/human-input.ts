// Questions to people that tasks wait for: what an answer must be, and how the task ends by it
// (Airflow: HITLOperator, ApprovalOperator, HITLBranchOperator).

import type { TaskOutcome } from "../task-call.ts";
import type { Json, JsonObject } from "../values/json.ts";
import { resolveParams } from "../values/params.ts";
import { toAirflowIso } from "../values/time.ts";
import type { InputRequestRecord, InputResponse } from "./input-requests.ts";
import type { InputWait } from "./waits.ts";

/** The options of an approval. */
export const APPROVE = "Approve";
const REJECT = "Reject";

/** What a person chose, and filled in. */
export interface Answer {
  readonly chosenOptions: readonly string[];
  readonly paramsInput: JsonObject;
}

/** The answer with the defaults of params that were left out, or what is wrong with it. */
export function checkAnswer(
  { options, multiple, params }: Pick<InputWait, "options" | "multiple" | "params">,
  { chosenOptions, paramsInput }: Answer,
): Answer | { readonly error: string } {
  const quoted = (texts: readonly string[]) => texts.map((text) => `"${text}"`).join(", ");
  if (chosenOptions.length === 0) return { error: `Choose one of the options ${quoted(options)}` };
  const unknown = chosenOptions.find((option) => !options.includes(option));
  if (unknown !== undefined) {
    return { error: `"${unknown}" is not an option; choose from ${quoted(options)}` };
  }
  if (new Set(chosenOptions).size < chosenOptions.length) {
    return { error: "An option is chosen twice" };
  }
  if (!multiple && chosenOptions.length > 1) {
    return { error: `Choose one option only; ${chosenOptions.length} are chosen` };
  }
  const strange = Object.keys(paramsInput).find((name) => !Object.hasOwn(params, name));
  if (strange !== undefined) return { error: `"${strange}" is not a param of the question` };
  const resolved = resolveParams(params, paramsInput);
  if (resolved.ok) return { chosenOptions, paramsInput: resolved.values };
  const told = resolved.errors.map(({ param, message }) => `${param}: ${message}`);
  return { error: `The params are not valid: ${told.join("; ")}` };
}

/** The answer that counts when the time is over; undefined where nothing was agreed on. */
export function answerByDefault({
  defaults,
  params,
}: Pick<InputWait, "defaults" | "params">): Answer | undefined {
  if (!defaults) return undefined;
  const values: Record<string, Json> = {};
  for (const [name, param] of Object.entries(params)) {
    if (param.default !== undefined) values[name] = param.default;
  }
  return { chosenOptions: defaults, paramsInput: values };
}

/** How the task ends by the answer. Its result is as Airflow's. */
export function endByAnswer(
  { failOnReject, targets }: Pick<InputWait, "failOnReject" | "targets">,
  { chosenOptions, paramsInput, respondedAt, respondedBy }: InputResponse,
): TaskOutcome {
  if (failOnReject && chosenOptions.includes(REJECT)) {
    const error = { name: "HITLRejectException", message: 'Receive "Reject"' };
    return { kind: "failed", retry: true, error };
  }
  const result: Json = targets
    ? chosenOptions.map((option) => targets[option] ?? option)
    : {
        chosen_options: chosenOptions,
        params_input: paramsInput,
        responded_at: toAirflowIso(respondedAt),
        responded_by_user: respondedBy && { ...respondedBy },
      };
  return { kind: "success", result: JSON.stringify(result) };
}

/** Whether the person may answer; anybody may where nobody is named. */
export function mayAnswer(
  { assignedUsers }: Pick<InputRequestRecord, "assignedUsers">,
  { id }: { readonly id: string },
): boolean {
  return assignedUsers.length === 0 || assignedUsers.some((user) => user.id === id);
}
