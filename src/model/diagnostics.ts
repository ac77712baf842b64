// A DAG author's mistakes as data: collected, then shown alike by the CLI, the UI and the tests.

export type DiagnosticCode =
  // the file
  | "syntax-error"
  | "import-failed"
  | "import-timeout"
  | "import-not-found"
  | "no-dag"
  | "file-emptied"
  | "file-unreadable"
  | "dag-id-in-two-files"
  // the DAG
  | "bad-dag-id"
  | "duplicate-dag"
  | "cycle"
  | "bad-cron"
  | "bad-schedule"
  | "bad-partition"
  | "bad-timezone"
  | "bad-date"
  | "bad-param"
  | "bad-option"
  | "bad-asset"
  | "asset-conflict"
  | "unknown-role"
  // a task
  | "bad-task-id"
  | "duplicate-task"
  | "duplicate-group"
  | "empty-group"
  | "task-never-placed"
  | "task-placed-twice"
  | "edge-leaves-dag"
  | "unknown-task"
  | "unknown-trigger-rule"
  | "bad-duration"
  | "bad-branch"
  | "bad-setup"
  | "bad-mapping"
  | "nested-mapping"
  | "not-json"
  | "unknown-template-name"
  | "template-syntax"
  | "template-not-rendered"
  // limits
  | "mapping-too-long"
  | "no-files"
  | "name-too-long"
  | "definition-too-large"
  | "history-too-long"
  | "wait-too-long"
  | "timeout-too-long";

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: "error" | "warning";
  readonly dagId?: string;
  readonly taskId?: string;
  /** Path relative to the DAG folder. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** Which thing, what happened, the value given. */
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
}
