// What lists say of a DAG, taken from its document and kept with its record, so that a list of
// thousands of DAGs needs none of their documents.
import type { DagDocument } from "../document.ts";

/** As much of a document as says when the DAG runs. */
export type PlannedDag = Pick<
  DagDocument,
  "dagId" | "schedule" | "timezone" | "startDate" | "endDate" | "catchup" | "maxActiveRuns"
>;

export interface DagFacts extends PlannedDag {
  readonly displayName?: string;
  /** At most 300 characters of it. */
  readonly description?: string;
  readonly tags: readonly string[];
  /** Every owner of a task, once, in order. */
  readonly owners: readonly string[];
}

const LONGEST_DESCRIPTION = 300;
/**
 * Characters of JSON that are kept with a record; a schedule of listed dates may have any number.
 */
const LONGEST_FACTS = 4_000;

export function factsOf(document: DagDocument): DagFacts {
  const { dagId, displayName, description, schedule, timezone, startDate, endDate } = document;
  return {
    dagId,
    schedule,
    timezone,
    catchup: document.catchup,
    maxActiveRuns: document.maxActiveRuns,
    tags: document.tags,
    owners: [...new Set(document.tasks.map(({ owner }) => owner))].sort(),
    ...(startDate === undefined ? {} : { startDate }),
    ...(endDate === undefined ? {} : { endDate }),
    ...(displayName === undefined ? {} : { displayName }),
    ...(description === undefined ? {} : { description: cut(description) }),
  };
}

/** The facts where they are short enough to be kept with the DAG's record. */
export function keptFactsOf(document: DagDocument): DagFacts | undefined {
  const facts = factsOf(document);
  return JSON.stringify(facts).length <= LONGEST_FACTS ? facts : undefined;
}

function cut(text: string): string {
  const characters = [...text];
  if (characters.length <= LONGEST_DESCRIPTION) return text;
  return `${characters.slice(0, LONGEST_DESCRIPTION - 1).join("")}…`;
}
