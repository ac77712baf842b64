// Tools that look at runs: their list, and one of them with its task instances.
import { z } from "zod";
import type { Schema } from "../../../../api/document/shapes.ts";
import { type Api, path } from "../../../api-client.ts";
import { aboutDag, findRun } from "../../../look-ups.ts";
import { fitting } from "../bounds.ts";
import { tool } from "../tool.ts";
import {
  DAG_ID,
  INSTANCE,
  type InstanceAnswer,
  type InstancePage,
  limitOf,
  NEXT_OFFSET,
  nextOffset,
  OFFSET,
  RUN,
  RUN_ID,
  RUN_STATES,
  toConf,
  toInstance,
  toRun,
} from "../words.ts";

const listRuns = tool({
  name: "list_runs",
  title: "List runs",
  description: "Runs of a DAG, or of all DAGs, the newest first. next_cursor goes on.",
  effect: "none",
  input: z.object({
    dag_id: DAG_ID.optional(),
    state: z.enum(RUN_STATES).optional(),
    run_type: z.enum(["scheduled", "manual", "backfill", "asset_triggered"]).optional(),
    since: z.iso.datetime({ offset: true }).optional().describe("Runs due at this time or later"),
    until: z.iso.datetime({ offset: true }).optional().describe("Runs due at this time or before"),
    limit: limitOf(100, 20),
    cursor: z.string().optional(),
  }),
  output: z.object({ runs: z.array(RUN), next_cursor: z.string().nullable() }),
  async run({ dag_id: dagId, state, run_type, since, until, limit, cursor }, { api }) {
    const ask = () =>
      api.get<RunPage>(path`/dags/${dagId ?? "~"}/dagRuns`, {
        cursor: cursor ?? "",
        limit,
        state,
        run_type,
        run_after_gte: since,
        run_after_lte: until,
      });
    const page = await (dagId === undefined ? ask() : aboutDag(api, dagId, ask));
    return { runs: page.dag_runs.map(toRun), next_cursor: page.next_cursor ?? null };
  },
});

interface RunPage {
  readonly dag_runs: readonly Schema<"DAGRunResponse">[];
  readonly next_cursor?: string | null;
}

const INSTANCE_STATES = [
  "running",
  "success",
  "failed",
  "upstream_failed",
  "skipped",
  "queued",
  "up_for_retry",
  "up_for_reschedule",
  "deferred",
  "awaiting_input",
  "restarting",
  "removed",
  "no_status",
] as const;

const getRun = tool({
  name: "get_run",
  title: "Show a run",
  description:
    "A run with how many task instances are in which state, those that failed first with their errors, then the others.",
  effect: "none",
  input: z.object({
    dag_id: DAG_ID,
    run_id: RUN_ID,
    task_state: z.enum(INSTANCE_STATES).optional().describe("Only instances in this state"),
    limit: limitOf(200, 50),
    offset: OFFSET,
  }),
  output: RUN.extend({
    conf: z.unknown().describe("Secrets are masked"),
    version: z.int().nullable(),
    task_counts: z.record(z.string(), z.int()).describe("Instances by state"),
    are_counts_partial: z.boolean().describe("Whether there are more instances than were counted"),
    task_instances: z.array(INSTANCE),
    total_task_instances: z.int(),
    next_offset: NEXT_OFFSET,
  }),
  async run({ dag_id: dagId, run_id: written, task_state, limit, offset }, { api }) {
    const { dag_run_id: runId } = await findRun(api, dagId, written);
    const [run, counted] = await Promise.all([
      api.get<Schema<"DAGRunResponse">>(path`/dags/${dagId}/dagRuns/${runId}`),
      countedInstances(api, dagId, runId),
    ]);
    const { instances, total } = counted;
    const page =
      task_state === undefined && total === instances.length
        ? { all: worstFirst(instances).slice(offset, offset + limit), total }
        : await instancesInState(api, { dagId, runId, state: task_state, limit, offset });
    const shown = fitting(page.all.map(toInstance), 24_000);
    return {
      ...toRun(run),
      conf: toConf(run),
      version: versionOf(run),
      task_counts: countsOf(instances),
      are_counts_partial: instances.length < total,
      task_instances: shown,
      total_task_instances: page.total,
      next_offset: nextOffset(offset, shown.length, page.total),
    };
  },
});

/** Of the newest version that tasks of the run have had. */
export function versionOf(run: Schema<"DAGRunResponse">): number | null {
  return run.dag_versions.at(-1)?.version_number ?? null;
}

const MOST_COUNTED = 5_000;
const PAGE = 1_000;

/** The first task instances of the run, in the order of the DAG, and how many there are. */
async function countedInstances(api: Api, dagId: string, runId: string) {
  const instances: InstanceAnswer[] = [];
  for (;;) {
    const place = path`/dags/${dagId}/dagRuns/${runId}/taskInstances`;
    const page = await api.get<InstancePage>(place, { limit: PAGE, offset: instances.length });
    instances.push(...page.task_instances);
    const total = page.total_entries;
    const isEnd = page.task_instances.length === 0 || instances.length >= total;
    if (isEnd || instances.length >= MOST_COUNTED) return { instances, total };
  }
}

async function instancesInState(
  api: Api,
  {
    dagId,
    runId,
    state,
    limit,
    offset,
  }: {
    readonly dagId: string;
    readonly runId: string;
    readonly state: string | undefined;
    readonly limit: number;
    readonly offset: number;
  },
) {
  const place = path`/dags/${dagId}/dagRuns/${runId}/taskInstances`;
  const page = await api.get<InstancePage>(place, { limit, offset, state });
  return { all: page.task_instances, total: page.total_entries };
}

const RANKS = ["failed", "up_for_retry", "running", "queued", "upstream_failed"];

function worstFirst(instances: readonly InstanceAnswer[]): readonly InstanceAnswer[] {
  const rank = ({ state }: InstanceAnswer) => {
    const found = RANKS.indexOf(state ?? "");
    return found < 0 ? RANKS.length : found;
  };
  return instances.toSorted((a, b) => rank(a) - rank(b));
}

function countsOf(instances: readonly InstanceAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of instances) {
    const name = state ?? "no_status";
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

export const runTools = [listRuns, getRun];
