// The label of an instance of a mapped task (Airflow: map_index_template).
import { toJsonText } from "../../describe/json-text.ts";
import type { TaskOutcome } from "../../model/task-call.ts";
import type { Json, JsonObject } from "../../model/values/json.ts";
import type { TaskClient } from "../../sdk/client.ts";
import type { TaskContext } from "../../sdk/context.ts";
import type { TaskRecord } from "../../sdk/drawing/graph.ts";
import type { TaskLog } from "../../sdk/log.ts";
import type { Inputs } from "./task-inputs.ts";

/** Characters of a label that are kept (Airflow: rendered_map_index is a String(250)). */
const MAX_LABEL = 250;

export interface LabelScope {
  readonly template: string | undefined;
  readonly context: TaskContext;
  readonly client: TaskClient;
  readonly log: TaskLog;
  /** What the function or the operator was given; undefined where that could not be found out. */
  readonly inputs: Inputs | undefined;
}

/**
 * Absent where there is no template, or no instance of a mapped task. A label that can't be
 * rendered is logged, and changes nothing in how the try ended.
 */
export async function renderLabel(
  { work }: TaskRecord,
  { template, context, client, log, inputs }: LabelScope,
): Promise<Pick<TaskOutcome, "renderedMapIndex">> {
  if (template === undefined || context.mapIndex < 0 || !inputs) return {};
  const own: JsonObject =
    work.kind === "operator" ? toSnakeCase(inputs) : { op_kwargs: toJson(inputs) };
  try {
    const { renderTemplate } = await import("../render.ts");
    const label = await renderTemplate(template, { context, client, task: own });
    return { renderedMapIndex: label.slice(0, MAX_LABEL) };
  } catch (problem) {
    log.error(`The label of the instance could not be rendered: ${String(problem)}`);
    return {};
  }
}

/** Airflow's names of an operator's fields: `bashCommand` is bash_command. */
function toSnakeCase(fields: Inputs): JsonObject {
  const toName = (name: string) =>
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [toName(name), toJson(value)]),
  );
}

function toJson(value: unknown): Json {
  const json = toJsonText(value, "input");
  return "error" in json || json.text === undefined ? null : JSON.parse(json.text);
}
