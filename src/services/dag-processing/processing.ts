// What the steps of processing a DAG file work with.
import type { DagFileRecord } from "../../model/records.ts";
import type { Platform } from "../../ports/platform.ts";
import type { PublishOptions } from "./publish-version.ts";

export interface DagProcessorOptions extends PublishOptions {
  /** For new DAGs that don't say themselves (Airflow: dags_are_paused_at_creation). */
  readonly dagsArePausedAtCreation: boolean;
  /** Called before a DAG is made live: an earlier deletion of it must be over. */
  readonly completeDeletion?: (dagId: string) => Promise<void>;
  /** Called after a DAG's record has changed. */
  readonly onDagChanged: (dagId: string) => Promise<void>;
  /** Called after a file was processed with another result than before. */
  readonly onFileProcessed?: (record: DagFileRecord) => void;
  /** Called after a file that is gone, or makes no DAG any more, was forgotten. */
  readonly onFileForgotten?: (record: DagFileRecord) => void;
}

export interface Processing {
  readonly platform: Pick<
    Platform,
    "metadata" | "source" | "bundles" | "loader" | "stateMachines" | "schedules" | "clock"
  >;
  readonly options: DagProcessorOptions;
}

/** UTC ISO text, for records. */
export function timeOf({ platform }: Processing): string {
  return new Date(platform.clock.now()).toISOString();
}
