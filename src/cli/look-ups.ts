// Finds what the words of a command line mean: DAGs, runs by id, date or "latest", tasks. What
// isn't there is refused with the names that are close.
import { parseMoment, toIso } from "../model/values/time.ts";
import {
  type Api,
  ApiError,
  type DagAnswer,
  path,
  type RunAnswer,
  type RunsAnswer,
  type TaskAnswer,
} from "./api-client.ts";
import { Failure } from "./terminal/failure.ts";
import { nearestNames } from "./terminal/text.ts";

const PAGE = 1_000;

/** Every DAG that has a file, by id. */
export async function everyDag(api: Api): Promise<readonly DagAnswer[]> {
  const all: DagAnswer[] = [];
  for (;;) {
    const { dags, total_entries: total } = await api.get<{
      readonly dags: readonly DagAnswer[];
      readonly total_entries: number;
    }>("/dags", { limit: PAGE, offset: all.length });
    all.push(...dags);
    if (dags.length === 0 || all.length >= total) return all;
  }
}

/** Runs what is about a DAG; if the DAG isn't there, says which ones are. */
export async function aboutDag<T>(api: Api, dagId: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    const known = (await everyDag(api)).map((dag) => dag.dag_id);
    if (known.includes(dagId)) throw error;
    const hint = hintFor(dagId, known, "npx stepwind dags list shows all DAGs");
    const broken = await importErrorsText(api);
    throw new Failure(`There is no DAG "${dagId}"`, {
      hint: broken === undefined ? hint : `${hint}\n${broken}`,
    });
  }
}

/** That files have mistakes, and how to see them; undefined when none has. */
export async function importErrorsText(api: Api): Promise<string | undefined> {
  const { total_entries: count } = await api.get<{ readonly total_entries: number }>(
    "/importErrors",
    { limit: 1 },
  );
  if (count === 0) return undefined;
  const files = count === 1 ? "1 DAG file has mistakes" : `${count} DAG files have mistakes`;
  return `${files}; see them with: npx stepwind dags list-import-errors`;
}

/**
 * The run with this id, or with this logical date; without either, or as "latest", the newest one.
 */
export async function findRun(api: Api, dagId: string, written = "latest"): Promise<RunAnswer> {
  return aboutDag(api, dagId, async () => {
    const byId = await unlessMissing(api.get<RunAnswer>(path`/dags/${dagId}/dagRuns/${written}`));
    if (byId) return byId;
    const newest = () =>
      api.get<RunsAnswer>(path`/dags/${dagId}/dagRuns`, { cursor: "", limit: 100 });
    if (written === "latest") {
      const [latest] = (await newest()).dag_runs;
      if (latest) return latest;
      throw new Failure(`DAG "${dagId}" has no run yet`, {
        hint: `Start one: npx stepwind dags trigger ${dagId}`,
      });
    }
    const moment = parseMoment(written);
    if (moment !== undefined) {
      const date = toIso(moment);
      const { dag_runs: found } = await api.get<RunsAnswer>(path`/dags/${dagId}/dagRuns`, {
        logical_date_gte: date,
        logical_date_lte: date,
      });
      if (found[0]) return found[0];
    }
    const ids = (await newest()).dag_runs.map((run) => run.dag_run_id);
    throw new Failure(`DAG "${dagId}" has no run "${written}"`, {
      hint: hintFor(
        written,
        ids,
        `npx stepwind dags list-runs ${dagId} shows its runs; "latest" is the newest`,
      ),
    });
  });
}

/** Refuses a task that the DAG doesn't have. */
export async function noSuchTask(api: Api, dagId: string, taskId: string): Promise<Failure> {
  const { tasks } = await api.get<{ readonly tasks: readonly TaskAnswer[] }>(
    path`/dags/${dagId}/tasks`,
  );
  const ids = tasks.map((task) => task.task_id);
  return new Failure(`DAG "${dagId}" has no task "${taskId}"`, {
    hint: hintFor(taskId, ids, `Its tasks: ${ids.slice(0, 20).join(", ")}`),
  });
}

export function hintFor(written: string, names: readonly string[], otherwise: string): string {
  const near = nearestNames(written, names);
  return near.length > 0
    ? `Did you mean ${near.map((name) => `"${name}"`).join(" or ")}?`
    : otherwise;
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
