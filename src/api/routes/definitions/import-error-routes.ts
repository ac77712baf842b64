// /importErrors: one entry per DAG file with mistakes. Beside Airflow's text, `diagnostics` has
// them one by one.
import type { Diagnostic } from "../../../model/diagnostics.ts";
import type { DagFileRecord } from "../../../model/records.ts";
import type { Api, ApiContext } from "../../context.ts";
import { Problem } from "../../problems.ts";
import { accepts, PAGE } from "../../requests/accepts.ts";
import { byPattern, byText, type Filter, parametersOf, testsOf } from "../../requests/filters.ts";
import { cut, type OrderKeys, ordered } from "../../requests/listing.ts";
import { readPathInteger } from "../../requests/query.ts";
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

export function addImportErrorRoutes(app: Api, context: ApiContext): void {
  const { metadata, clock } = context.platform;

  app.get("/importErrors", accepts(...PAGE, "order_by", ...parametersOf(FILTERS)), async (c) => {
    const { query } = c.var;
    const tests = testsOf(FILTERS, query, clock.now());
    const found = (await metadata.files.listBroken()).filter((file) =>
      tests.every((test) => test(file)),
    );
    const page = cut(ordered(found, { query, keys: ORDER }), query.page());
    return c.json({ import_errors: page.map(toImportError), total_entries: found.length });
  });

  app.get("/importErrors/:import_error_id", accepts(), async (c) => {
    const id = readPathInteger("import_error_id", c.req.param("import_error_id"));
    const record = (await metadata.files.listBroken()).find(({ file }) => integerOf(file) === id);
    if (!record) {
      throw new Problem(404, `The ImportError with import_error_id: \`${id}\` was not found`);
    }
    return c.json(toImportError(record));
  });
}

function toImportError(record: DagFileRecord) {
  const { file, diagnostics, processedAt } = record;
  return {
    import_error_id: integerOf(file),
    timestamp: toWireDate(processedAt),
    filename: file,
    bundle_name: BUNDLE_NAME,
    stack_trace: toStackTrace(record),
    diagnostics: diagnostics.map(toWireDiagnostic),
  };
}

function toStackTrace({ file, diagnostics }: DagFileRecord): string {
  return diagnostics.map((diagnostic) => toText(file, diagnostic)).join("\n");
}

function toText(dagFile: string, { file = dagFile, line, message, hint }: Diagnostic): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${message}${hint === undefined ? "" : `\n  ${hint}`}`;
}

function toWireDiagnostic(diagnostic: Diagnostic) {
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
