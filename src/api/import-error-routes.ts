// /importErrors: one entry per DAG file with mistakes. Beside Airflow's text, `diagnostics` has them one by one.
import type { Hono } from "hono";
import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagFileRecord } from "../model/records.ts";
import type { ApiContext } from "./context.ts";
import { BUNDLE_NAME } from "./dag-responses.ts";
import { cut, matcher, type OrderKeys, ordered } from "./listing.ts";
import { Problem } from "./problems.ts";
import { readPathInteger, readQuery } from "./read-request.ts";
import { integerOf, toWireDate } from "./wire.ts";

const ORDER: OrderKeys<DagFileRecord> = {
  id: ({ file }) => file,
  filename: ({ file }) => file,
  timestamp: ({ processedAt }) => processedAt,
};

export function addImportErrorRoutes(app: Hono, context: ApiContext): void {
  const { metadata } = context.platform;

  async function broken(): Promise<readonly DagFileRecord[]> {
    const files = await metadata.files.list();
    return files.filter(({ diagnostics }) =>
      diagnostics.some(({ severity }) => severity === "error"),
    );
  }

  app.get("/importErrors", async (c) => {
    const query = readQuery(c);
    const filename = query.text("filename");
    const hasName = matcher(query.text("filename_pattern"));
    const found = (await broken()).filter(
      ({ file }) => (filename === undefined || file === filename) && hasName(file),
    );
    const page = cut(ordered(found, { query, keys: ORDER }), query.page());
    return c.json({ import_errors: page.map(toImportError), total_entries: found.length });
  });

  app.get("/importErrors/:import_error_id", async (c) => {
    const id = readPathInteger("import_error_id", c.req.param("import_error_id"));
    const record = (await broken()).find(({ file }) => integerOf(file) === id);
    if (!record) {
      throw new Problem(404, `The ImportError with import_error_id: \`${id}\` was not found`);
    }
    return c.json(toImportError(record));
  });
}

function toImportError({ file, diagnostics, processedAt }: DagFileRecord) {
  return {
    import_error_id: integerOf(file),
    timestamp: toWireDate(processedAt),
    filename: file,
    bundle_name: BUNDLE_NAME,
    stack_trace: diagnostics.map((diagnostic) => toText(file, diagnostic)).join("\n"),
    diagnostics: diagnostics.map(toWireDiagnostic),
  };
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
