// All checks of a drawn DAG: its document, and those that need a library, loaded only where there
// is something to check.
import { type Dag, graphOf } from "../sdk/dag.ts";
import type { TaskRecord } from "../sdk/drawing/graph.ts";
import { isPlainObject, resultOf } from "../sdk/results.ts";
import { isTemplate } from "../templates/names.ts";
import { isPlain } from "../templates/plain.ts";
import { show } from "./check-options.ts";
import { createReport, type Report } from "./report.ts";
import { type DescribedDag, type DescribeOptions, toDocument } from "./to-document.ts";

/**
 * Describes a DAG, and checks its templates and the defaults of its params. What a loader calls.
 */
export async function checkDag(dag: Dag, options: DescribeOptions = {}): Promise<DescribedDag> {
  const described = toDocument(dag, options);
  const report = createReport(dag.dagId, options.locate);
  await checkParams(dag, described, report);
  await checkTemplates(dag, report);
  warnOfTemplatesInInputs(dag, report);
  const diagnostics = [...described.diagnostics, ...report.diagnostics];
  return { document: described.document, diagnostics };
}

/**
 * Only scheduled runs need defaults that pass (Airflow: DAG._validate_params); whoever triggers a
 * run gives a value, and is refused without one. A schema that no value passes is worth a word
 * anyway.
 */
async function checkParams(dag: Dag, { document }: DescribedDag, report: Report): Promise<void> {
  const withSchema = Object.entries(document.params).filter(
    ([, { schema }]) => Object.keys(schema).length > 0,
  );
  if (withSchema.length === 0) return;
  const { findSchemaProblem, resolveParams } = await import("../model/values/params.ts");
  const isScheduled = document.schedule.kind !== "none";
  for (const [param, given] of withSchema) {
    const problem = findSchemaProblem(given.schema);
    const needsDefault = isScheduled && given.default !== undefined;
    const resolved = needsDefault ? resolveParams({ [param]: given }, {}) : undefined;
    const refused = resolved?.ok === false ? resolved.errors[0]?.message : undefined;
    if (problem === undefined && refused === undefined) continue;
    const what = problem === undefined ? `the default of param "${param}"` : `param "${param}"`;
    report.add({
      code: "bad-param",
      severity: isScheduled ? "error" : "warning",
      site: graphOf(dag).site,
      message: `DAG "${dag.dagId}": ${what} ${problem ?? refused}`,
      ...(problem === undefined
        ? { hint: "give it a default that its schema allows, or set schedule to null" }
        : {}),
    });
  }
}

async function checkTemplates(dag: Dag, report: Report): Promise<void> {
  const found = graphOf(dag).placed.flatMap((task) =>
    findTemplates(task).map((template) => ({ task, ...template })),
  );
  if (found.length === 0) return;
  const { scanTemplate } = await import("../templates/scan.ts");
  for (const { task, field, text } of found) {
    for (const { code, message, hint } of scanTemplate(text).problems) {
      report.add({
        code,
        taskId: task.taskId,
        site: task.site,
        message: `Field "${field}" of task "${task.taskId}" of DAG "${dag.dagId}" ${message}`,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }
}

/** Airflow renders op_args and op_kwargs; an author from there may count on it. */
function warnOfTemplatesInInputs(dag: Dag, report: Report): void {
  for (const { work, placement, taskId } of graphOf(dag).placed) {
    if (work.kind !== "function" || !placement) continue;
    const given = { ...placement.inputs, ...placement.over };
    for (const [name, value] of Object.entries(given)) {
      const template = textsIn(value).find(isTemplate);
      if (template === undefined) continue;
      report.add({
        code: "template-not-rendered",
        severity: "warning",
        taskId,
        site: placement.site,
        message: `Input "${name}" of task "${taskId}" of DAG "${dag.dagId}" reaches the function as it is written: ${show(template)}`,
        hint: "templates are rendered in the fields of operators only; in a function, take the value from getContext()",
      });
    }
  }
}

function findTemplates({ work }: TaskRecord): { readonly field: string; readonly text: string }[] {
  if (work.kind !== "operator") return [];
  const { fields, templateFields } = work.operator;
  return templateFields.flatMap((field) =>
    textsIn(fields[field])
      .filter((text) => isTemplate(text) && !isPlain(text))
      .map((text) => ({ field, text })),
  );
}

/** Every text in a field that is rendered; results of tasks are not. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (resultOf(value)) return [];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isPlainObject(value) ? Object.values(value).flatMap(textsIn) : [];
}
