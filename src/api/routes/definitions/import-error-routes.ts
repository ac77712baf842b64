// /importErrors: one entry per DAG file with mistakes. Beside Airflow's text, `diagnostics` has
// them one by one.
import type { Diagnostic } from "../../../model/diagnostics.ts";
import type { DagFileRecord } from "../../../model/records.ts";
import type { Principal } from "../../access/principal.ts";
import type { ApiContext } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import { byPattern, byText, type Filter, parametersOf, testsOf } from "../../requests/filters.ts";
import { cut, type OrderKeys, ordered } from "../../requests/listing.ts";
import { BUNDLE_NAME } from "../../responses/dag-responses.ts";
import { integerOf, toWireDate } from "../../responses/wire.ts";

const ORDER: OrderKeys<DagFileRecord> = {
  id: ({ file }) => file,
  import_error_id: ({ file }) => file,
  filename: ({ file }) => file,
  bundle_name: () => BUNDLE_NAME,
  timestamp: ({ processedAt }) => processedAt,
  stacktrace: toStackTrace,
};

const FILTERS: readonly Filter<DagFileRecord>[] = [
  byText("filename", ({ file }) => file),
  byPattern("filename", ({ file }) => file),
  byText("bundle_name", () => BUNDLE_NAME),
];

/** Airflow's, word for word. */
const REDACTED = "REDACTED - you do not have read permission on all DAGs in the file";

export const importErrorOperations: Operations = (context) => {
  const { metadata, clock } = context.platform;

  return [
    operation("get_import_errors", {
      permission: "GET import_errors",
      query: [...PAGE, "order_by", ...parametersOf(FILTERS)],
      async handle({ query, c }) {
        const tests = testsOf(FILTERS, query, clock.now());
        const all = await withSights(context, await metadata.files.listBroken(), c.var.principal);
        const found = all.filter(({ sight }) => sight !== "none");
        const matching = found.filter(({ record }) => tests.every((test) => test(record)));
        const sights = new Map(matching.map(({ record, sight }) => [record, sight]));
        const page = cut(ordered([...sights.keys()], { query, keys: ORDER }), query.page());
        return {
          import_errors: page.map((record) => toImportError(record, sights.get(record))),
          total_entries: matching.length,
        };
      },
    }),

    operation("get_import_error", {
      permission: "GET import_errors",
      async handle({ path: { import_error_id: id }, c }) {
        const broken = await metadata.files.listBroken();
        const record = broken.find(({ file }) => integerOf(file) === id);
        if (!record) {
          throw new Problem(404, `The ImportError with import_error_id: \`${id}\` was not found`);
        }
        const [found] = await withSights(context, [record], c.var.principal);
        if (found?.sight === "none") {
          throw new Problem(403, "You do not have read permission on any of the DAGs in the file");
        }
        return toImportError(record, found?.sight);
      },
    }),
  ];
};

/** How much of a file's errors the caller may see: by the DAGs of the file. */
type Sight = "all" | "redacted" | "none";

/** A file of which no DAG is known hides nothing: it may not have had any yet. */
async function withSights(
  { platform: { metadata } }: ApiContext,
  records: readonly DagFileRecord[],
  principal: Principal,
): Promise<readonly { readonly record: DagFileRecord; readonly sight: Sight }[]> {
  return Promise.all(
    records.map(async (record) => {
      const known = await metadata.dags.listOfFile(record.file);
      const dagIds = new Set([...record.dagIds, ...known.map(({ dagId }) => dagId)]);
      const readable = [...dagIds].filter((dagId) => principal.may("GET dag", dagId));
      const some: Sight = readable.length === 0 ? "none" : "redacted";
      return { record, sight: readable.length === dagIds.size ? "all" : some };
    }),
  );
}

function toImportError(
  record: DagFileRecord,
  sight: Sight | undefined,
): Schema<"ImportErrorResponse"> {
  const { file, diagnostics, processedAt } = record;
  return {
    import_error_id: integerOf(file),
    timestamp: toWireDate(processedAt),
    filename: file,
    bundle_name: BUNDLE_NAME,
    stack_trace: sight === "all" ? toStackTrace(record) : REDACTED,
    diagnostics: sight === "all" ? diagnostics.map(toWireDiagnostic) : [],
  };
}

function toStackTrace({ file, diagnostics }: DagFileRecord): string {
  return diagnostics.map((diagnostic) => toText(file, diagnostic)).join("\n");
}

function toText(dagFile: string, { file = dagFile, line, message, hint }: Diagnostic): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${message}${hint === undefined ? "" : `\n  ${hint}`}`;
}

export function toWireDiagnostic(diagnostic: Diagnostic) {
  return {
    code: diagnostic.code,
    severity: diagnostic.severity,
    dag_id: diagnostic.dagId ?? null,
    task_id: diagnostic.taskId ?? null,
    file: diagnostic.file ?? null,
    line: diagnostic.line ?? null,
    message: diagnostic.message,
    hint: diagnostic.hint ?? null,
  };
}
