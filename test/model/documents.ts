// Small documents for tests of the rules: what a test doesn't say is Airflow's default.
import type { DagDocument, TaskDocument } from "../../src/model/document.ts";

/** A task without upstreams unless told. */
export function taskDocument(taskId: string, given: Partial<TaskDocument> = {}): TaskDocument {
  return {
    taskId,
    operator: "empty",
    upstream: [],
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
    ...given,
  };
}

/** A DAG that runs only when triggered unless told. */
export function dagDocument(given: Partial<DagDocument> = {}): DagDocument {
  return {
    schemaVersion: 1,
    dagId: "example",
    schedule: { kind: "none" },
    timezone: "UTC",
    catchup: false,
    maxActiveRuns: 16,
    maxConsecutiveFailedDagRuns: 0,
    tags: [],
    params: {},
    callbacks: [],
    tasks: [],
    groups: [],
    ...given,
  };
}
