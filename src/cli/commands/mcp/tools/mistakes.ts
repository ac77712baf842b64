// Tools about what is wrong with the deployment: mistakes in DAG files, and its health.
import { z } from "zod";
import type { Schema } from "../../../../api/document/shapes.ts";
import { cutOrNull, cutText, fitting } from "../bounds.ts";
import { tool } from "../tool.ts";
import { limitOf, NEXT_OFFSET, nextOffset, OFFSET } from "../words.ts";

const MISTAKE = z.object({
  file: z.string().describe("Path in the DAG folder"),
  line: z.int().nullable(),
  severity: z.string(),
  code: z.string(),
  dag_id: z.string().nullable(),
  task_id: z.string().nullable(),
  message: z.string(),
  hint: z.string().nullable().describe("What to write instead"),
});

const listImportErrors = tool({
  name: "list_import_errors",
  title: "List import errors",
  description:
    "Mistakes in DAG files, with file, line and what to write instead. While a file has errors, its DAGs keep the version before.",
  effect: "none",
  input: z.object({
    file: z.string().optional().describe("Only of files whose path has this part"),
    limit: limitOf(100, 20).describe("Files"),
    offset: OFFSET,
  }),
  output: z.object({
    mistakes: z.array(MISTAKE),
    total_files: z.int(),
    next_offset: NEXT_OFFSET,
  }),
  async run({ file, limit, offset }, { api }) {
    const page = await api.get<Schema<"ImportErrorCollectionResponse">>("/importErrors", {
      limit,
      offset,
      ...(file === undefined ? {} : { filename_pattern: `%${file}%` }),
    });
    const files = fitting(page.import_errors.map(toMistakes), 24_000);
    return {
      mistakes: files.flat(),
      total_files: page.total_entries,
      next_offset: nextOffset(offset, files.length, page.total_entries),
    };
  },
});

const MOST_PER_FILE = 20;

/** Where the caller may not see all of the file's DAGs, there is only the file. */
function toMistakes(error: Schema<"ImportErrorResponse">): z.output<typeof MISTAKE>[] {
  const known = (error.diagnostics ?? []).slice(0, MOST_PER_FILE).map((each) => ({
    file: each.file ?? error.filename,
    line: each.line,
    severity: each.severity,
    code: each.code,
    dag_id: each.dag_id,
    task_id: each.task_id,
    message: cutText(each.message, 800),
    hint: cutOrNull(each.hint, 500),
  }));
  if (known.length > 0) return known;
  return [
    {
      file: error.filename,
      line: null,
      severity: "error",
      code: "import-error",
      dag_id: null,
      task_id: null,
      message: cutText(error.stack_trace, 800),
      hint: null,
    },
  ];
}

const getStatus = tool({
  name: "get_status",
  title: "Show the state of the deployment",
  description: "Whether the scheduler and the metadata are well, and which version answers.",
  effect: "none",
  input: z.object({}),
  output: z.object({
    version: z.string(),
    has_server: z.boolean().describe("Without one, runs are only recorded, and start with it"),
    metadatabase: z.string().nullable(),
    scheduler: z.string().nullable(),
    dag_processor: z.string().nullable(),
    files_with_import_errors: z.int(),
  }),
  async run(_, { api, hasServer }) {
    const [{ version }, health, mistakes] = await Promise.all([
      api.get<Schema<"VersionInfo">>("/version"),
      api.get<Schema<"HealthInfoResponse">>("/monitor/health"),
      api.get<{ readonly total_entries: number }>("/importErrors", { limit: 1 }),
    ]);
    return {
      version,
      has_server: hasServer,
      metadatabase: health.metadatabase.status ?? null,
      scheduler: health.scheduler.status ?? null,
      dag_processor: health.dag_processor?.status ?? null,
      files_with_import_errors: mistakes.total_entries,
    };
  },
});

export const mistakeTools = [listImportErrors, getStatus];
