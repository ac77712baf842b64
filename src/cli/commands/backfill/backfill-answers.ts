// What the API answers about backfills, as far as the commands read it.

export interface BackfillAnswer {
  readonly id: number;
  readonly dag_id: string;
  readonly from_date: string;
  readonly to_date: string;
  readonly is_paused: boolean;
  readonly reprocess_behavior: string;
  readonly max_active_runs: number;
  readonly created_at: string;
  readonly completed_at: string | null;
}

/** How far a backfill has got. */
export interface Progress {
  readonly total_dates: number;
  readonly dealt_with: number;
  readonly active_runs: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly is_cancelled: boolean;
}
