// What the product's own log is told besides a sentence: what happened, for readers that show it in
// their own way, such as the terminal.
import type { DagFileRecord } from "./records.ts";

export type ProductEvent = RunEnded | CallbackWrote | FileProcessed | FileForgotten;

export interface RunEnded {
  readonly kind: "run-ended";
  readonly dagId: string;
  readonly runId: string;
  readonly state: "success" | "failed";
  /** In seconds. */
  readonly duration: number;
}

/** A line that a callback of a DAG wrote. */
export interface CallbackWrote {
  readonly kind: "callback-wrote";
  readonly dagId: string;
  readonly runId: string;
  readonly callback: string;
}

/** A DAG file was read, with or without mistakes. */
export interface FileProcessed {
  readonly kind: "file-processed";
  readonly record: DagFileRecord;
}

/** A DAG file is gone, or has no DAG any more. */
export interface FileForgotten {
  readonly kind: "file-forgotten";
  readonly record: DagFileRecord;
}
