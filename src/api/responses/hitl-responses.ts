// Questions to people as Airflow's API answers them (HITLDetail).
import type {
  InputRequestRecord,
  InputResponse,
  Person,
} from "../../model/waits/input-requests.ts";
import { toParams } from "./param-responses.ts";
import type { TaskInstanceFacts } from "./task-instance-responses.ts";
import { toTaskInstanceResponse } from "./task-instance-responses.ts";
import { toWireDate, toWireDateOrNull } from "./wire.ts";

/** A question with the instance that asks it. */
export interface HitlFacts {
  readonly request: InputRequestRecord;
  readonly instance: TaskInstanceFacts;
}

export function toHitlDetail({ request, instance }: HitlFacts) {
  const { options, subject, body, defaults, multiple, params, assignedUsers, response } = request;
  return {
    options,
    subject,
    body,
    defaults,
    multiple,
    params: toParams(params),
    assigned_users: assignedUsers,
    created_at: toWireDate(request.createdAt),
    responded_by_user: response?.respondedBy ?? null,
    responded_at: toWireDateOrNull(response?.respondedAt),
    chosen_options: response?.chosenOptions ?? null,
    params_input: response?.paramsInput ?? {},
    response_received: response !== undefined,
    task_instance: toTaskInstanceResponse(instance),
  };
}

/** The answer that somebody has given. */
export function toHitlResponse(response: InputResponse & { readonly respondedBy: Person }) {
  return {
    responded_by: response.respondedBy,
    responded_at: toWireDate(response.respondedAt),
    chosen_options: response.chosenOptions,
    params_input: response.paramsInput,
  };
}
