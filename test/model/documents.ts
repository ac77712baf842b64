// Small documents for tests of the rules: what a test doesn't say is the SDK's default.
import type { DagDocument, TaskDocument } from "../../src/model/document.ts";
import { dag, task } from "../reference/documents.ts";

/** A task without upstreams unless told. */
export function taskDocument(taskId: string, given: Partial<TaskDocument> = {}): TaskDocument {
  return task(taskId, [], { operator: "empty", ...given });
}

/** A DAG that runs only when triggered unless told. */
export function dagDocument(given: Partial<DagDocument> = {}): DagDocument {
  return dag("example", [], given);
}
