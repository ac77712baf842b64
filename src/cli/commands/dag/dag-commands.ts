// What the `stepwind dags` commands about DAGs do; those about runs are in run-commands.ts.
import type { Diagnostic } from "../../../model/diagnostics.ts";
import { type DagAnswer, path } from "../../api-client.ts";
import { type Connection, withConnection } from "../../connect.ts";
import { aboutDag, everyDag, importErrorsText } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { confirm } from "../../terminal/confirm.ts";
import { formatDiagnostic } from "../../terminal/diagnostics.ts";
import { Failure } from "../../terminal/failure.ts";
import { printData, printRows } from "../../terminal/show.ts";
import { type Column, isDataOutput, type Output } from "../../terminal/table.ts";
import { countOf, toDateText, toRelative, withoutControls } from "../../terminal/text.ts";

export async function listDags(session: Session, places: Places, output: Output): Promise<void> {
  const { terminal, paint } = session;
  await withConnection(places, async ({ api }) => {
    const dags = await everyDag(api);
    const columns: readonly Column<DagAnswer>[] = [
      { name: "dag_id", value: (dag) => dag.dag_id, paint: paint.bold },
      { name: "schedule", value: (dag) => dag.timetable_summary ?? "None" },
      { name: "next_run", value: nextRunText },
      { name: "paused", value: (dag) => (dag.is_paused ? "paused" : "-"), paint: paint.yellow },
      { name: "file", value: (dag) => dag.relative_fileloc },
      { name: "owners", value: (dag) => dag.owners.join(",") },
      { name: "tags", value: (dag) => dag.tags.map(({ name }) => name).join(",") || "-" },
    ];
    await printRows(session, dags, { columns, output });
    if (output === "table" && dags.length === 0) {
      const { server, dagsFolderText } = places;
      terminal.err(
        server === undefined
          ? `No DAGs in ${dagsFolderText}. A file there that exports a Dag is one.\n`
          : `No DAGs on ${server.url ?? server.stack}. To a deployment on AWS, stepwind push brings them.\n`,
      );
    }
    const broken = await importErrorsText(api);
    if (broken !== undefined) terminal.err(`${paint.red(broken)}\n`);
  });
}

function nextRunText(dag: DagAnswer): string {
  const next = dag.next_dagrun_run_after;
  if (next === null || dag.is_paused) return "-";
  const moment = Date.parse(next);
  return moment <= Date.now() ? "due" : toRelative(moment, Date.now());
}

export async function showDetails(
  session: Session,
  places: Places,
  { dagId, output }: { readonly dagId: string; readonly output: Output },
): Promise<void> {
  const { terminal, paint } = session;
  await withConnection(places, async ({ api }) => {
    const details = await aboutDag(api, dagId, () =>
      api.get<Readonly<Record<string, unknown>>>(path`/dags/${dagId}/details`),
    );
    if (isDataOutput(output)) return printData(session, details, output);
    const rows = Object.entries(details);
    const width = Math.max(...rows.map(([name]) => name.length));
    for (const [name, value] of rows) {
      const text = typeof value === "string" ? withoutControls(value) : JSON.stringify(value);
      const title = name.padEnd(width);
      terminal.out(`${output === "table" ? paint.dim(title) : title}  ${text}\n`);
    }
  });
}

/** As a table only the date, which is what Airflow prints. */
export async function showNextExecution(
  session: Session,
  places: Places,
  { dagId, output }: { readonly dagId: string; readonly output: Output },
): Promise<void> {
  const { terminal } = session;
  await withConnection(places, async ({ api }) => {
    const dag = await aboutDag(api, dagId, () => api.get<DagAnswer>(path`/dags/${dagId}`));
    const next = dag.next_dagrun_run_after;
    if (output !== "table") {
      const columns: readonly Column<DagAnswer>[] = [
        { name: "dag_id", value: (each) => each.dag_id },
        { name: "next_dagrun_logical_date", value: (each) => each.next_dagrun_logical_date ?? "-" },
        { name: "next_dagrun_run_after", value: (each) => each.next_dagrun_run_after ?? "-" },
      ];
      await printRows(session, [dag], { columns, output });
    }
    if (dag.is_paused) {
      terminal.err(`DAG "${dagId}" is paused; start it with: npx stepwind dags unpause ${dagId}\n`);
    }
    if (next === null) terminal.err(`DAG "${dagId}" has no next run\n`);
    else if (output === "table") terminal.out(`${next}\n`);
  });
}

export async function setPaused(
  { terminal }: Session,
  places: Places,
  { dagId, isPaused }: { readonly dagId: string; readonly isPaused: boolean },
): Promise<void> {
  const change = async ({ api }: Connection) => {
    const dag = await aboutDag(api, dagId, () =>
      api.patch<DagAnswer>(path`/dags/${dagId}`, { is_paused: isPaused }),
    );
    const next = dag.next_dagrun_run_after;
    const when = next === null ? "" : `, next run ${toDateText(next)} UTC`;
    terminal.out(`DAG "${dagId}" is ${isPaused ? "paused" : `active${when}`}\n`);
  };
  await withConnection(places, change, "change");
}

export async function deleteDag(
  { terminal }: Session,
  places: Places,
  { dagId, isSure }: { readonly dagId: string; readonly isSure: boolean },
): Promise<void> {
  const { server } = places;
  const where = server === undefined ? "" : ` on ${server.url ?? server.stack}`;
  const change = async ({ api }: Connection) => {
    const dag = await aboutDag(api, dagId, () => api.get<DagAnswer>(path`/dags/${dagId}`));
    if (
      !isSure &&
      !(await confirm(`Forget DAG "${dagId}"${where} with all of its runs and logs? [y/N] `))
    ) {
      throw new Failure(`DAG "${dagId}" is kept`, { hint: "Answer y, or give --yes" });
    }
    await api.delete(path`/dags/${dagId}`);
    terminal.out(`DAG "${dagId}" is deleted\n`);
    if (!dag.is_stale) {
      terminal.err(`Its file ${dag.relative_fileloc} is still there and may bring it back\n`);
    }
  };
  await withConnection(places, change, "change");
}

interface ImportErrorAnswer {
  readonly filename: string;
  readonly stack_trace: string;
  readonly diagnostics: readonly WireDiagnostic[];
}

type WireDiagnostic = Pick<Diagnostic, "code" | "severity" | "message"> & {
  readonly file: string | null;
  readonly line: number | null;
  readonly hint: string | null;
};

export async function listImportErrors(
  session: Session,
  places: Places,
  output: Output,
): Promise<void> {
  const { terminal, paint } = session;
  await withConnection(places, async ({ api }) => {
    const { import_errors: errors } = await api.get<{
      readonly import_errors: readonly ImportErrorAnswer[];
    }>("/importErrors", { limit: 1_000 });
    if (errors.length > 0) session.exitCode = 1;
    if (isDataOutput(output)) return printData(session, errors, output);
    for (const { filename, diagnostics } of errors) {
      for (const { file, line, hint, ...rest } of diagnostics) {
        const diagnostic: Diagnostic = {
          ...rest,
          file: file ?? filename,
          ...(line === null ? {} : { line }),
          ...(hint === null ? {} : { hint }),
        };
        terminal.out(formatDiagnostic(diagnostic, { folder: places.dagsFolderText, paint }));
      }
    }
    if (errors.length === 0) terminal.err("No import errors\n");
    else terminal.err(`${countOf(errors.length, "file")} with mistakes\n`);
  });
}
