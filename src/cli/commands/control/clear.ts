// tasks clear, dags clear: shows what would run again, asks, and clears it.
import { type Api, path, type TaskAnswer } from "../../api-client.ts";
import { type Connection, withConnection } from "../../connect.ts";
import { aboutDag, findRun } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { confirm } from "../../terminal/confirm.ts";
import { Failure } from "../../terminal/failure.ts";
import { countOf } from "../../terminal/text.ts";
import { type InstanceAnswer, printInstances } from "./instances.ts";
import type { ClearOptions } from "./options.ts";

interface Cleared {
  readonly task_instances: readonly InstanceAnswer[];
}

export async function clear(
  session: Session,
  places: Places,
  { dagId, run, ...options }: ClearOptions & { readonly dagId: string; readonly run: string },
): Promise<void> {
  const { terminal } = session;
  const change = async ({ api, hasServer }: Connection) => {
    const body = await toBody(api, { dagId, run, ...options });
    const ask = (isDryRun: boolean) =>
      aboutDag(api, dagId, () =>
        api.post<Cleared>(path`/dags/${dagId}/clearTaskInstances`, { ...body, dry_run: isDryRun }),
      );
    const { task_instances: found } = await ask(true);
    if (found.length === 0) return terminal.err("Nothing to clear\n");
    await printInstances(session, found);
    const count = countOf(found.length, "task instance");
    if (options.dryRun) return terminal.err(`${count} would be cleared\n`);
    const runs = new Set(found.map((each) => each.dag_run_id)).size;
    const isSure =
      options.yes || (await confirm(`Clear ${count} of ${countOf(runs, "run")}? [y/N] `));
    if (!isSure) throw new Failure("Nothing is cleared", { hint: "Answer y, or give --yes" });
    if (options.conf) await clearWithConf(api, dagId, { run: body.dag_run_id, ...options });
    else await ask(false);
    terminal.err(`${count} cleared\n`);
    if (!hasServer) terminal.err("They run when a server is started\n");
  };
  await withConnection(places, change, "change");
}

/** The whole run gets another conf, which only the route of one run takes. */
async function clearWithConf(
  api: Api,
  dagId: string,
  { run, conf, ...options }: ClearOptions & { readonly run: string | undefined },
): Promise<void> {
  if (run === undefined || options.onlyRunning) {
    throw new Failure("--conf is for one run", {
      hint: "Name the run, and leave out dates and --only-running",
      exitCode: 2,
    });
  }
  await api.post(path`/dags/${dagId}/dagRuns/${run}/clear`, {
    dry_run: false,
    conf,
    only_failed: options.onlyFailed ?? false,
    run_on_latest_version: options.latestVersion ?? false,
    ...(options.note === undefined ? {} : { note: options.note }),
  });
}

/** The body of clearTaskInstances. */
async function toBody(
  api: Api,
  { dagId, run, ...options }: ClearOptions & { readonly dagId: string; readonly run: string },
) {
  const { startDate, endDate, taskRegex, note } = options;
  if (options.mapIndex !== undefined && taskRegex === undefined) {
    throw new Failure("--map-index is of a mapped task, and none is named", {
      hint: "Name it: --task-regex",
      exitCode: 2,
    });
  }
  const isByDate = startDate !== undefined || endDate !== undefined;
  return {
    dag_run_id: isByDate ? undefined : (await findRun(api, dagId, run)).dag_run_id,
    ...(isByDate ? { start_date: startDate ?? null, end_date: endDate ?? null } : {}),
    ...(taskRegex === undefined ? {} : { task_ids: await tasksLike(api, dagId, options) }),
    include_upstream: options.upstream ?? false,
    include_downstream: options.downstream ?? false,
    include_past: options.past ?? false,
    include_future: options.future ?? false,
    only_failed: options.onlyFailed ?? false,
    only_running: options.onlyRunning ?? false,
    run_on_latest_version: options.latestVersion ?? false,
    ...(note === undefined ? {} : { note }),
  };
}

/** Ids of the tasks that the pattern finds; a whole id finds only itself. */
async function tasksLike(
  api: Api,
  dagId: string,
  { taskRegex = "", mapIndex }: ClearOptions,
): Promise<readonly (string | readonly [string, number])[]> {
  const { tasks } = await aboutDag(api, dagId, () =>
    api.get<{ readonly tasks: readonly TaskAnswer[] }>(path`/dags/${dagId}/tasks`),
  );
  const ids = tasks.map((task) => task.task_id);
  const found = ids.includes(taskRegex) ? [taskRegex] : ids.filter(matcherOf(taskRegex));
  if (found.length === 0) {
    throw new Failure(`DAG "${dagId}" has no task like "${taskRegex}"`, {
      hint: `Its tasks: ${ids.slice(0, 20).join(", ")}`,
    });
  }
  return mapIndex === undefined ? found : found.map((taskId) => [taskId, mapIndex] as const);
}

function matcherOf(pattern: string): (text: string) => boolean {
  try {
    const regex = new RegExp(pattern);
    return (text) => regex.test(text);
  } catch {
    throw new Failure(`"${pattern}" is not a regular expression`, {
      hint: 'Give the id of a task, or a pattern such as "^load_"',
      exitCode: 2,
    });
  }
}
