// Renders the templates of a task with Airflow's names. Loaded only when there is a template.
import type { TaskClient } from "../sdk/client.ts";
import type { DagRunContext, TaskContext } from "../sdk/context.ts";
import { TemplateNameError } from "../templates/engine.ts";
import { scanTemplate, type TemplateNeeds, xcomKey } from "../templates/scan.ts";
import { macros, TemplateDate } from "../templates/values.ts";

/** What names stand for. */
export interface RenderScope {
  readonly context: TaskContext;
  readonly client: TaskClient;
}

/** The rendered text. Rejects with the name in the message when a name stands for nothing. */
export async function renderTemplate(text: string, scope: RenderScope): Promise<string> {
  const { needs, problems, render } = scanTemplate(text);
  const [problem] = problems;
  if (!render || problem) {
    throw new TemplateNameError(
      `Template ${quote(text)} ${problem?.message ?? "can't be rendered"}`,
    );
  }
  const names = { ...contextNames(scope.context), ...(await fetchNames(needs, scope)) };
  try {
    return render(names);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = scope.context.logicalDate === undefined ? "; the run has no logical date" : "";
    throw new TemplateNameError(
      `Template ${quote(text)} failed: ${reason}${hint}`,
      // One of ours says no more than its message.
      error instanceof TemplateNameError ? {} : { cause: error },
    );
  }
}

function quote(text: string): string {
  return `"${text.length > 120 ? `${text.slice(0, 120)}…` : text}"`;
}

/** Names without a value are left out, so that using one is an error. */
function contextNames(context: TaskContext): object {
  const { dagId, taskId } = context;
  return {
    ds: context.ds,
    ds_nodash: context.dsNodash,
    ts: context.ts,
    ts_nodash: context.tsNodash,
    ts_nodash_with_tz: context.tsNodashWithTz,
    ...dateNames(context),
    ...instanceNames(context),
    task_instance_key_str: `${dagId}__${taskId}__${context.dsNodash ?? context.runId}`,
    dag: {
      dag_id: dagId,
      description: context.dag.description ?? null,
      tags: context.dag.tags,
      timezone: context.dag.timezone,
    },
    task: { ...context.task, task_id: taskId },
    dag_run: dagRunNames(context.dagRun),
    params: context.params,
    macros,
  };
}

function instanceNames({ ti }: TaskContext): object {
  return {
    dag_id: ti.dagId,
    task_id: ti.taskId,
    run_id: ti.runId,
    try_number: ti.tryNumber,
    max_tries: ti.maxTries,
    map_index: ti.mapIndex,
  };
}

function dateNames(
  dates: Pick<DagRunContext, "logicalDate" | "dataIntervalStart" | "dataIntervalEnd">,
) {
  const toDate = (text: string | undefined) =>
    text === undefined ? undefined : new TemplateDate(text);
  return {
    logical_date: toDate(dates.logicalDate),
    data_interval_start: toDate(dates.dataIntervalStart),
    data_interval_end: toDate(dates.dataIntervalEnd),
  };
}

function dagRunNames(run: DagRunContext): object {
  return {
    dag_id: run.dagId,
    run_id: run.runId,
    run_type: run.runType,
    ...dateNames(run),
    run_after: new TemplateDate(run.runAfter),
    start_date: run.startDate === undefined ? undefined : new TemplateDate(run.startDate),
    conf: run.conf,
  };
}

/** Variables, connections and XComs, all at once: a template is rendered without waiting. */
async function fetchNames(needs: TemplateNeeds, { context, client }: RenderScope): Promise<object> {
  const [variables, connections, xcoms] = await Promise.all([
    fetchAll(needs.variables, (key) => client.getVariable(key)),
    fetchAll(needs.connections, (connId) => client.getConnection(connId)),
    fetchAll(needs.xcoms.keys(), (key) => {
      const query = needs.xcoms.get(key);
      return query ? client.getXCom(query) : Promise.resolve(null);
    }),
  ]);
  const values = Object.entries(variables).filter(([, value]) => value !== null);
  const json = values.flatMap(([key, value]) => {
    const parsed = parseJson(String(value));
    return parsed === undefined ? [] : [[key, parsed] as const];
  });
  const known = Object.entries(connections).filter(([, connection]) => connection !== null);
  const xcomPull = (...given: readonly unknown[]): unknown => {
    const { taskId, key } = readXComArguments(given);
    return xcoms[xcomKey(taskId, key)];
  };
  const ti = { ...instanceNames(context), xcom_pull: xcomPull };
  return {
    var: { value: Object.fromEntries(values), json: Object.fromEntries(json) },
    conn: Object.fromEntries(
      known.map(([connId, connection]) => [connId, connectionNames(connection)]),
    ),
    ti,
    task_instance: ti,
  };
}

async function fetchAll<T>(
  keys: Iterable<string>,
  fetch: (key: string) => Promise<T>,
): Promise<Record<string, T>> {
  const entries = [...keys].map(async (key) => [key, await fetch(key)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function connectionNames(connection: Awaited<ReturnType<TaskClient["getConnection"]>>): object {
  if (!connection) return {};
  const { id, type, extraDejson, ...rest } = connection;
  return { ...rest, conn_id: id, conn_type: type, extra_dejson: extraDejson };
}

/** As `xcom_pull(task_ids, dag_id, key)`; the scan has seen that they are texts. */
function readXComArguments(given: readonly unknown[]): { taskId: string; key: string } {
  const options: Record<string, unknown> = {};
  for (const [index, value] of given.entries()) {
    if (typeof value === "object" && value !== null) Object.assign(options, value);
    else options[["task_ids", "dag_id", "key"][index] ?? ""] = value;
  }
  return { taskId: String(options.task_ids), key: String(options.key ?? "return_value") };
}
