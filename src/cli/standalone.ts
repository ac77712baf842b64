// stepwind standalone: starts the whole product and tells what a person wants to know: where it is, what runs next,
// which files have mistakes, and then one line for each run that ends.
import { access } from "node:fs/promises";
import { join } from "node:path";
import { formatDuration } from "../model/durations.ts";
import type { DagFileRecord } from "../model/records.ts";
import type { Reporter } from "../ports/platform.ts";
import { createApi, type DagAnswer } from "./api-client.ts";
import { noDagsFolder } from "./connect.ts";
import { formatDiagnostic } from "./diagnostics.ts";
import { everyDag } from "./look-ups.ts";
import { toMark } from "./paint.ts";
import type { Places, Session } from "./session.ts";
import { formatTable } from "./table.ts";
import { countOf, toRelative } from "./text.ts";
import { packageVersion } from "./version.ts";

export interface StandaloneWish {
  readonly port: number;
  readonly parallelism: number;
}

/** Resolves after Ctrl-C or SIGTERM, when everything has stopped; a second Ctrl-C ends the process at once. */
export async function standalone(
  session: Session,
  places: Places,
  { port, parallelism }: StandaloneWish,
): Promise<void> {
  const { terminal, paint } = session;
  const { home, dagsFolder, dagsFolderText } = places;
  await access(dagsFolder).catch(() => {
    throw noDagsFolder(dagsFolderText);
  });
  const asked = untilAsked();
  let isUp = false;
  const report = createReporter(session, { folder: dagsFolderText, isUp: () => isUp });
  const { startStandalone } = await import("../local/standalone.ts");
  const server = await startStandalone({
    home,
    dagsFolder,
    port,
    parallelism,
    version: packageVersion(),
    report,
  });
  terminal.out(`${paint.bold(`Stepwind ${packageVersion()}`)} on ${paint.cyan(server.url)}\n`);
  const first = await showDags(session, places, server.url);
  await showImportErrors(session, places, server.product.platform.metadata.listDagFiles());
  const next = first === undefined ? "stepwind dags list" : `stepwind dags trigger ${first} --wait`;
  terminal.out(`\nNext, in another terminal:  ${paint.bold(next)}\nStop with Ctrl-C\n\n`);
  isUp = true;
  await asked;
  terminal.out("Stopping; runs go on at the next start\n");
  await server.stop();
}

/** Answers the id of one DAG. */
async function showDags(
  { terminal, paint }: Session,
  { dagsFolderText }: Places,
  url: string,
): Promise<string | undefined> {
  const api = createApi(fetch, url, packageVersion());
  const dags = await everyDag(api);
  terminal.out(`DAGs in ${dagsFolderText}: ${dags.length === 0 ? "none yet" : dags.length}\n\n`);
  const active = dags.filter((dag) => !dag.is_paused);
  const shown = dags.slice(0, MOST_DAGS);
  terminal.out(
    formatTable(
      shown,
      [
        { name: "dag", value: (dag) => dag.dag_id, paint: paint.bold },
        { name: "schedule", value: (dag) => dag.timetable_summary ?? "None" },
        { name: "next_run", value: nextRunText },
      ],
      paint,
    ).replaceAll(/^(?=.)/gm, "  "),
  );
  if (dags.length > shown.length) {
    terminal.out(`  … and ${dags.length - shown.length} more: stepwind dags list\n`);
  }
  return (active[0] ?? dags[0])?.dag_id;
}

const MOST_DAGS = 20;

function nextRunText(dag: DagAnswer): string {
  if (dag.is_paused) return "paused";
  const next = dag.next_dagrun_run_after;
  return next === null ? "-" : toRelative(Date.parse(next), Date.now());
}

async function showImportErrors(
  { terminal, paint }: Session,
  { dagsFolderText: folder }: Places,
  files: Promise<readonly DagFileRecord[]>,
): Promise<void> {
  const broken = (await files).filter(({ diagnostics }) => diagnostics.length > 0);
  if (broken.length === 0) return;
  terminal.out(`\n${paint.red(`${countOf(broken.length, "file")} with mistakes`)}\n\n`);
  for (const { file, diagnostics } of broken) {
    for (const diagnostic of diagnostics) {
      terminal.out(formatDiagnostic({ file, ...diagnostic }, { folder, paint }));
    }
  }
}

/** The product's own log: runs that end, DAG files that changed, warnings and errors. */
function createReporter(
  { terminal, paint }: Session,
  { folder, isUp }: { readonly folder: string; readonly isUp: () => boolean },
): Reporter {
  const showRun = ({ dagId, runId, state, duration }: Fields) => {
    if (state !== "success" && state !== "failed") return;
    const time = typeof duration === "number" ? `  ${formatDuration(duration)}` : "";
    const mark = paint.state(state, toMark(state));
    terminal.out(`${mark} ${paint.bold(String(dagId))}  ${runId}  ${paint.state(state)}${time}\n`);
  };
  const showFile = ({ record }: Fields) => {
    if (!isDagFile(record)) return;
    const { file, dagIds, diagnostics } = record;
    for (const diagnostic of diagnostics) {
      terminal.out(formatDiagnostic({ file, ...diagnostic }, { folder, paint }));
    }
    if (diagnostics.length > 0) return;
    terminal.out(`${paint.dim("read")} ${join(folder, file)}: ${dagIds.join(", ")}\n`);
  };
  return {
    info(_, fields = {}) {
      showRun(fields);
      if (isUp()) showFile(fields);
    },
    warn: (message) => terminal.err(`${paint.yellow("warning")} ${message}\n`),
    error: (message) => terminal.err(`${paint.red("error")} ${message}\n`),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function isDagFile(value: unknown): value is DagFileRecord {
  return typeof value === "object" && value !== null && "diagnostics" in value && "dagIds" in value;
}

/** Resolves at the first SIGINT or SIGTERM. */
function untilAsked(): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (isAsked) process.exit(130);
        isAsked = true;
        resolve();
      });
    }
  });
}
