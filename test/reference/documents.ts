// Builds DagDocuments for tests: what a task or DAG leaves out gets the SDK's defaults.
import type { DagDocument, TaskDocument } from "../../src/model/document.ts";

/** A task after those named. */
export function task(
  taskId: string,
  upstream: readonly string[] = [],
  options: Partial<TaskDocument> = {},
): TaskDocument {
  return {
    taskId,
    operator: "@task",
    upstream,
    reads: [],
    triggerRule: "all_success",
    retries: 0,
    retryDelay: 300,
    retryBackoff: 1,
    dependsOnPast: false,
    waitForDownstream: false,
    ignoreFirstDependsOnPast: true,
    owner: "airflow",
    priorityWeight: 1,
    callbacks: [],
    templateFields: {},
    edgeLabels: {},
    ...options,
  };
}

/** A DAG that runs only when triggered. */
export function dag(
  dagId: string,
  tasks: readonly TaskDocument[],
  options: Partial<DagDocument> = {},
): DagDocument {
  return {
    schemaVersion: 1,
    dagId,
    schedule: { kind: "none" },
    timezone: "UTC",
    catchup: false,
    maxActiveRuns: 16,
    maxConsecutiveFailedDagRuns: 0,
    tags: [],
    params: {},
    callbacks: [],
    tasks,
    groups: [],
    ...options,
  };
}
