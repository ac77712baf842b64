// The tool that has tasks run again.
import { z } from "zod";
import { path } from "../../../api-client.ts";
import { aboutDag, findRun } from "../../../look-ups.ts";
import { fitting } from "../bounds.ts";
import { checkCount, EXPECTED_COUNT } from "../dry-runs.ts";
import { tool } from "../tool.ts";
import { DAG_ID, RUN_ID } from "../words.ts";

interface Cleared {
  readonly task_instances: readonly {
    readonly dag_run_id: string;
    readonly task_id: string;
    readonly map_index: number;
    readonly state?: string | null;
  }[];
}

const clearTasks = tool({
  name: "clear_tasks",
  title: "Clear tasks",
  description:
    "Has tasks of a run run again. First call it with dry_run true, show the user what it lists, then with dry_run false and expected_count.",
  effect: "destroys",
  input: z.object({
    dag_id: DAG_ID,
    run_id: RUN_ID,
    task_ids: z.array(z.string()).min(1).optional().describe("All tasks when absent"),
    only_failed: z.boolean().default(false).describe("Only what failed, or did not run for that"),
    only_running: z.boolean().default(false),
    include_upstream: z.boolean().default(false),
    include_downstream: z.boolean().default(false),
    run_on_latest_version: z.boolean().default(false).describe("Not with the version of the run"),
    note: z.string().max(1_000).optional(),
    dry_run: z.boolean().default(true),
    expected_count: EXPECTED_COUNT,
  }),
  output: z.object({
    was_dry_run: z.boolean(),
    count: z.int().describe("Task instances that are cleared, or would be"),
    task_instances: z.array(
      z.object({
        run_id: z.string(),
        task_id: z.string(),
        map_index: z.int(),
        state: z.string().nullable(),
      }),
    ),
    remark: z.string().nullable(),
  }),
  async run(input, { api, hasServer }) {
    const {
      dag_id: dagId,
      run_id,
      dry_run: isDry,
      expected_count: expected,
      note,
      ...rest
    } = input;
    const { dag_run_id: runId } = await findRun(api, dagId, run_id);
    const { task_ids, ...options } = rest;
    const body = {
      ...options,
      dag_run_id: runId,
      ...(task_ids === undefined ? {} : { task_ids }),
      ...(note === undefined ? {} : { note }),
    };
    const ask = (dry: boolean) =>
      aboutDag(api, dagId, () =>
        api.post<Cleared>(path`/dags/${dagId}/clearTaskInstances`, { ...body, dry_run: dry }),
      );
    const { task_instances: found } = await ask(true);
    if (!isDry) {
      checkCount(found.length, expected);
      if (found.length > 0) await ask(false);
    }
    const shown = found.map(({ dag_run_id, task_id, map_index, state }) => ({
      run_id: dag_run_id,
      task_id,
      map_index,
      state: state ?? null,
    }));
    const isWaiting = !isDry && !hasServer;
    return {
      was_dry_run: isDry,
      count: found.length,
      task_instances: fitting(shown.slice(0, 200), 20_000),
      remark: isWaiting ? "No server runs here: they run with stepwind standalone" : null,
    };
  },
});

export const clearTools = [clearTasks];
