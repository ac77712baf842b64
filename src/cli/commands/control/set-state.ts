// tasks set-state, dags set-state, dags delete-run.
import { path, type RunAnswer } from "../../api-client.ts";
import { type Connection, withConnection } from "../../connect.ts";
import { aboutDag, findRun, noSuchTask } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { confirm } from "../../terminal/confirm.ts";
import { Failure } from "../../terminal/failure.ts";
import { countOf } from "../../terminal/text.ts";
import { type InstanceAnswer, printInstances } from "./instances.ts";
import type { RelativesOptions } from "./options.ts";

export interface TaskMark extends RelativesOptions {
  readonly dagId: string;
  readonly run: string;
  readonly taskId: string;
  readonly state: string;
  readonly mapIndex?: number;
  readonly dryRun?: boolean;
}

/** Shows what gets the state. */
export async function setTaskState(
  session: Session,
  places: Places,
  { dagId, run: written, taskId, state, ...options }: TaskMark,
): Promise<void> {
  const { terminal } = session;
  const change = async ({ api }: Connection) => {
    const run = await findRun(api, dagId, written);
    const { tasks } = await aboutDag(api, dagId, () =>
      api.get<{ readonly tasks: readonly { readonly task_id: string }[] }>(
        path`/dags/${dagId}/tasks`,
      ),
    );
    const place = path`/dags/${dagId}/dagRuns/${run.dag_run_id}/taskInstances/${taskId}`;
    const index = options.mapIndex === undefined ? "" : `/${options.mapIndex}`;
    const isKnown = tasks.some((task) => task.task_id === taskId);
    const body = {
      new_state: state,
      include_upstream: options.upstream ?? false,
      include_downstream: options.downstream ?? false,
      include_past: options.past ?? false,
      include_future: options.future ?? false,
    };
    const ask = async (suffix: string) => {
      try {
        return await api.patch<{ readonly task_instances: readonly InstanceAnswer[] }>(
          `${place}${index}${suffix}`,
          body,
        );
      } catch (error) {
        throw isKnown ? error : await noSuchTask(api, dagId, taskId);
      }
    };
    const { task_instances: marked } = await ask(options.dryRun ? "/dry_run" : "");
    await printInstances(session, marked);
    const count = countOf(marked.length, "task instance");
    terminal.err(options.dryRun ? `${count} would be ${state}\n` : `${count} marked as ${state}\n`);
  };
  await withConnection(places, change, "change");
}

interface RunName {
  readonly dagId: string;
  readonly run: string;
}

export async function setRunState(
  { terminal, paint }: Session,
  places: Places,
  { dagId, run: written, state }: RunName & { readonly state: string },
): Promise<void> {
  const change = async ({ api }: Connection) => {
    const { dag_run_id: runId } = await findRun(api, dagId, written);
    const run = await api.patch<RunAnswer>(path`/dags/${dagId}/dagRuns/${runId}`, { state });
    terminal.out(`${dagId} ${runId}  ${paint.state(run.state)}\n`);
  };
  await withConnection(places, change, "change");
}

export async function deleteRun(
  { terminal }: Session,
  places: Places,
  { dagId, run: written, isSure }: RunName & { readonly isSure: boolean },
): Promise<void> {
  const change = async ({ api }: Connection) => {
    const { dag_run_id: runId } = await findRun(api, dagId, written);
    const question = `Delete run "${runId}" of DAG "${dagId}" with its results and logs? [y/N] `;
    if (!isSure && !(await confirm(question))) {
      throw new Failure(`Run "${runId}" is kept`, { hint: "Answer y, or give --yes" });
    }
    await api.delete(path`/dags/${dagId}/dagRuns/${runId}`);
    terminal.out(`Run "${runId}" of DAG "${dagId}" is deleted\n`);
  };
  await withConnection(places, change, "change");
}
