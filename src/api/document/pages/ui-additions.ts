// What is below `/ui/`: summaries for pages, one request each, and what changes. Not in Airflow's
// document; its own pages have paths of their own, which are no part of its contract.
import { CHANGE_SCHEMAS, changePaths } from "./changes.ts";
import { LIST_SCHEMAS, listPaths } from "./lists.ts";
import { MORE_SCHEMAS, morePaths } from "./more.ts";
import type { Answers, Part } from "./parts.ts";
import { RUN_SCHEMAS, runPaths } from "./runs.ts";

export const UI_SCHEMAS: Readonly<Record<string, Part>> = {
  ...LIST_SCHEMAS,
  ...RUN_SCHEMAS,
  ...CHANGE_SCHEMAS,
  ...MORE_SCHEMAS,
};

export function uiPaths(answers: Answers): Readonly<Record<string, Part>> {
  return {
    ...listPaths(answers),
    ...runPaths(answers),
    ...changePaths(answers),
    ...morePaths(answers),
  };
}
