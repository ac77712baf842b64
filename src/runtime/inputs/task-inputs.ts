// What a try gives its function or its operator: results put in, an instance's items of what its
// task is mapped over, and templates rendered.
import type { TaskClient } from "../../sdk/client.ts";
import type { TaskContext } from "../../sdk/context.ts";
import type { Operator } from "../../sdk/operator.ts";
import { isTemplate } from "../../templates/names.ts";
import { isPlain, renderPlain } from "../../templates/plain.ts";
import { type Reader, resolveMapped, resolveValues } from "./resolve-values.ts";

export type Inputs = Readonly<Record<string, unknown>>;

interface RenderScope {
  readonly context: TaskContext;
  readonly client: TaskClient;
}

/** The named inputs of a function. */
export async function resolveInputs(reader: Reader): Promise<Inputs> {
  const { placement } = reader.task;
  const { inputs = {} } = placement ?? {};
  const [fixed, mapped] = await Promise.all([
    Promise.all(
      Object.entries(inputs).map(
        async ([name, value]) => [name, await resolveValues(value, reader)] as const,
      ),
    ),
    resolveMapped(placement ?? {}, { reader }),
  ]);
  return { ...Object.fromEntries(fixed), ...mapped };
}

/** The fields of an operator, templates of literal texts rendered. */
export async function resolveFields(
  reader: Reader,
  operator: Operator,
  scope: RenderScope,
): Promise<Inputs> {
  const { over, kwargs } = reader.task.placement ?? {};
  const renderOf = (name: string) =>
    operator.templateFields.includes(name) ? (text: string) => renderField(text, scope) : undefined;
  const fixed = Object.entries(operator.fields)
    .filter(([name]) => !over || !Object.hasOwn(over, name))
    .map(
      async ([name, value]) => [name, await resolveValues(value, reader, renderOf(name))] as const,
    );
  const mapped = Object.entries(over ?? {}).map(async ([name, list]) => {
    const resolved = await resolveMapped(
      { over: { [name]: list } },
      { reader, render: renderOf(name) },
    );
    return [name, resolved[name]] as const;
  });
  const [entries, more] = await Promise.all([
    Promise.all([...fixed, ...mapped]),
    kwargs === undefined ? {} : resolveMapped({ kwargs }, { reader }),
  ]);
  return { ...Object.fromEntries(entries), ...more };
}

/**
 * Most texts are not templates, and most templates only name texts of the context: they need no
 * template engine.
 */
async function renderField(text: string, scope: RenderScope): Promise<string> {
  if (!isTemplate(text)) return text;
  if (isPlain(text)) {
    const rendered = renderPlain(text, (name) => textNamed(name, scope.context));
    if (rendered !== undefined) return rendered;
  }
  const { renderTemplate } = await import("../render.ts");
  return renderTemplate(text, scope);
}

/** The names of `isPlain` in the context. */
function textNamed(name: string, context: TaskContext): string | undefined {
  const { ds, dsNodash, ts, tsNodash, tsNodashWithTz, dagId, taskId, runId } = context;
  const texts: Readonly<Record<string, string | undefined>> = {
    ds,
    ds_nodash: dsNodash,
    ts,
    ts_nodash: tsNodash,
    ts_nodash_with_tz: tsNodashWithTz,
    dag_id: dagId,
    task_id: taskId,
    run_id: runId,
  };
  return texts[name];
}
