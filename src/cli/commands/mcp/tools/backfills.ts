// Tools about backfills: their list, and making one.
import { z } from "zod";
import type { Schema } from "../../../../api/document/shapes.ts";
import { path } from "../../../api-client.ts";
import { aboutDag } from "../../../look-ups.ts";
import { fitting } from "../bounds.ts";
import { checkCount, EXPECTED_COUNT } from "../dry-runs.ts";
import { tool } from "../tool.ts";
import { DAG_ID, limitOf, NEXT_OFFSET, nextOffset, OFFSET } from "../words.ts";

const BACKFILL = z.object({
  id: z.int(),
  dag_id: z.string(),
  from_date: z.string(),
  to_date: z.string(),
  is_paused: z.boolean(),
  reprocess_behavior: z.string(),
  max_active_runs: z.int(),
  created_at: z.string(),
  completed_at: z.string().nullable(),
});

function toBackfill(backfill: Schema<"BackfillResponse">): z.output<typeof BACKFILL> {
  const { id, dag_id, from_date, to_date, is_paused, max_active_runs, created_at } = backfill;
  return {
    id,
    dag_id,
    from_date,
    to_date,
    is_paused,
    reprocess_behavior: backfill.reprocess_behavior,
    max_active_runs,
    created_at,
    completed_at: backfill.completed_at ?? null,
  };
}

const listBackfills = tool({
  name: "list_backfills",
  title: "List backfills",
  description: "Backfills of a DAG, the oldest first.",
  effect: "none",
  input: z.object({ dag_id: DAG_ID, limit: limitOf(100, 20), offset: OFFSET }),
  output: z.object({ backfills: z.array(BACKFILL), total: z.int(), next_offset: NEXT_OFFSET }),
  async run({ dag_id: dagId, limit, offset }, { api }) {
    const page = await aboutDag(api, dagId, async () => {
      await api.get(path`/dags/${dagId}`);
      return api.get<Schema<"BackfillCollectionResponse">>("/backfills", {
        dag_id: dagId,
        limit,
        offset,
      });
    });
    const backfills = page.backfills.map(toBackfill);
    const total = page.total_entries;
    return { backfills, total, next_offset: nextOffset(offset, backfills.length, total) };
  },
});

interface TriedDate {
  readonly logical_date: string | null;
  readonly partition_key: string | null;
  readonly action: string;
}

const createBackfill = tool({
  name: "create_backfill",
  title: "Backfill a DAG",
  description:
    "Runs a DAG for the dates of a range that its schedule has had. First call it with dry_run true, show the user what it lists, then with dry_run false and expected_count.",
  effect: "destroys",
  input: z.object({
    dag_id: DAG_ID,
    from_date: z.iso.datetime({ offset: true }).describe("The first logical date"),
    to_date: z.iso.datetime({ offset: true }).describe("The last one, which belongs to the range"),
    reprocess_behavior: z
      .enum(["none", "failed", "completed"])
      .default("none")
      .describe("Which runs that have ended to clear"),
    max_active_runs: z.int().min(1).max(1_000).default(10),
    run_backwards: z.boolean().default(false),
    conf: z.record(z.string(), z.unknown()).optional(),
    dry_run: z.boolean().default(true),
    expected_count: EXPECTED_COUNT,
  }),
  output: z.object({
    was_dry_run: z.boolean(),
    count: z.int().describe("Runs that are made or cleared, or would be"),
    dates: z.array(
      z.object({
        date: z.string().describe("The logical date, or the partition"),
        action: z.string().describe('What becomes of it: "create", "clear", or why it is left out'),
      }),
    ),
    total_dates: z.int(),
    backfill: BACKFILL.nullable(),
    remark: z.string().nullable(),
  }),
  async run(input, { api, hasServer }) {
    const { dry_run: isDry, expected_count: expected, conf, dag_id: dagId, ...range } = input;
    const body = {
      dag_id: dagId,
      ...range,
      ...(conf === undefined ? {} : { dag_run_conf: conf }),
    };
    const { backfills: dates } = await aboutDag(api, dagId, () =>
      api.post<{ readonly backfills: readonly TriedDate[] }>(
        "/backfills/dry_run?explain=true",
        body,
      ),
    );
    const count = dates.filter(({ action }) => action === "create" || action === "clear").length;
    if (!isDry) checkCount(count, expected);
    const made = isDry ? undefined : await api.post<Schema<"BackfillResponse">>("/backfills", body);
    const shown = dates.map(({ logical_date, partition_key, action }) => ({
      date: logical_date ?? partition_key ?? "",
      action,
    }));
    const isWaiting = made !== undefined && !hasServer;
    return {
      was_dry_run: isDry,
      count,
      dates: fitting(shown.slice(0, 200), 15_000),
      total_dates: dates.length,
      backfill: made ? toBackfill(made) : null,
      remark: isWaiting ? "No server runs here: its runs start with stepwind standalone" : null,
    };
  },
});

export const backfillTools = [listBackfills, createBackfill];
