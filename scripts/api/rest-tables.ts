// The tables of docs/rest-api.md: what Stepwind has of each of Airflow's operations, and what it
// adds. `npm run generate:api` writes them, and a test compares them with the registry.

import { ADDITIONS } from "../../src/api/document/additions.ts";
import type { Operation, Operations } from "../../src/api/operation.ts";
import { FILES } from "../../src/api/operation-files.ts";
import type { ApiDocument, OperationPart } from "./merge-document.ts";

/** What is to be said of an operation besides that it is there, by its id. */
const NOTES: Readonly<Record<string, string>> = {
  get_plugins: "always empty: there are no plugins",
  import_errors: "always empty: there are no plugins",
  get_providers: "always empty: operators are part of Stepwind or npm packages",
  get_jobs: "the scheduler and the DAG processor, without host and start date",
  get_config: "on one machine; elsewhere 403, as with Airflow's `expose_config` off",
  get_config_value: "on one machine; elsewhere 403, as with Airflow's `expose_config` off",
  list_dag_warnings: "pools that there aren't; the other kinds are errors of the file here",
  reparse_dag_file: "on AWS within five minutes",
  get_extra_links: "operators have no extra links",
  pause_backfill: "by POST as well",
  unpause_backfill: "by POST as well",
  cancel_backfill: "by POST as well",
};

/** Why an operation isn't there. */
const REASONS: Readonly<Record<string, string>> = {
  login: "a client logs in by `POST /auth/token`",
  logout: "a client logs in by `POST /auth/token`",
};

/** `context` is only handed on. */
export async function writeRestTables(
  airflow: ApiDocument,
  context: Parameters<Operations>[0],
): Promise<string> {
  const made = await Promise.all(FILES.map(async ({ load }) => (await load())(context)));
  const operations = new Map<string, Operation>(made.flat().map((each) => [each.id, each]));
  const own = Object.entries(ADDITIONS.paths).flatMap(([path, methods]) =>
    Object.entries(methods as ApiDocument["paths"][string])
      .filter(([, { operationId }]) => operations.has(operationId))
      .map(([method, part]) => [path, `| ${placeOf(method, path)} | ${textOf(part)} |`] as const),
  );
  return [
    "| Operation | Here | Note |",
    "| --- | --- | --- |",
    ...byPath(airflowRows(airflow, operations)),
    "",
    "## What Stepwind adds",
    "",
    "| Operation | What it does |",
    "| --- | --- |",
    ...byPath(own),
  ].join("\n");
}

/** By path. */
type Row = readonly [string, string];

function airflowRows(
  { paths }: ApiDocument,
  operations: ReadonlyMap<string, Operation>,
): readonly Row[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, part]): Row => {
      const operation = operations.get(part.operationId);
      const [here, note] = operation
        ? ["supported", noteOf(part, operation)]
        : ["404", REASONS[part.operationId]];
      if (note === undefined) throw new Error(`Say in REASONS why ${part.operationId} isn't there`);
      return [path, `| ${placeOf(method, path.replace("/api/v2", ""))} | ${here} | ${note} |`];
    }),
  );
}

function noteOf({ operationId, parameters = [] }: OperationPart, { query }: Operation): string {
  const refused = parameters
    .filter(({ in: kind, name }) => kind === "query" && !query.includes(name))
    .map(({ name }) => `\`${name}\``);
  const notes = [NOTES[operationId], refused.length > 0 && `refuses ${refused.join(", ")}`];
  return notes.filter(Boolean).join("; ");
}

function placeOf(method: string, path: string): string {
  return `\`${method.toUpperCase()} ${path}\``;
}

function textOf(part: OperationPart): string {
  const { description, summary = "" } = part as { description?: string; summary?: string };
  return description ?? summary;
}

function byPath(rows: readonly Row[]): readonly string[] {
  return rows.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, row]) => row);
}

/** The text with the tables between its marks. */
export function withRestTables(text: string, tables: string): string {
  const [start, end] = ["<!-- operations -->", "<!-- /operations -->"];
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error("The text has no marks");
  return `${before}${start}\n\n${tables}\n\n${end}${after}`;
}
