// stepwind standalone: starts the whole product and prints what a person wants to know: where it
// is, what runs next, which files have mistakes, and then one line for each run that ends.
import { once } from "node:events";
import type { Standalone } from "../../../local/standalone.ts";
import type { DagFileRecord } from "../../../model/records.ts";
import type { Retention } from "../../../model/scheduling/history-retention.ts";
import { createApi, type DagAnswer } from "../../api-client.ts";
import { checkDagsFolder } from "../../dags-folder.ts";
import { everyDag } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { formatDiagnostic } from "../../terminal/diagnostics.ts";
import { listenForStop } from "../../terminal/stop-signals.ts";
import { formatTable } from "../../terminal/table.ts";
import { toRelative } from "../../terminal/text.ts";
import { packageVersion } from "../../version.ts";
import { createEventPrinter } from "./event-printer.ts";

export interface StandaloneWish {
  readonly port: number;
  /** Absent: this machine alone. */
  readonly host?: string;
  /** Whether this machine's requests need a log-in as well. */
  readonly requireLogin: boolean;
  readonly parallelism: number;
  /** Whether each try gets a fresh worker thread. */
  readonly isolateTasks: boolean;
  /**
   * Whether new DAGs that say nothing of it start paused (Airflow: dags_are_paused_at_creation).
   */
  readonly dagsArePausedAtCreation: boolean;
  /** After how many days history is removed; absent: never. */
  readonly retention?: Retention;
}

/**
 * Resolves after Ctrl-C or SIGTERM, when everything has stopped; a second Ctrl-C ends the process
 * at once. Throws when the start fails, and when the metadata turn out to be damaged later.
 */
export async function standalone(
  session: Session,
  places: Places,
  wish: StandaloneWish,
): Promise<void> {
  await checkDagsFolder(places);
  const stop = listenForStop();
  try {
    await serve(session, places, { ...wish, signal: stop.signal });
  } finally {
    stop.forget();
  }
}

async function serve(
  session: Session,
  places: Places,
  {
    port,
    host,
    requireLogin: requiresLogIn,
    parallelism,
    isolateTasks: threadPerTask,
    dagsArePausedAtCreation,
    retention,
    signal,
  }: StandaloneWish & { readonly signal: AbortSignal },
): Promise<void> {
  const { terminal, paint } = session;
  const { home, dagsFolder, dagsFolderText } = places;
  const printer = createEventPrinter(session, dagsFolderText);
  const { report } = printer;
  const version = packageVersion();
  const { startStandalone } = await import("../../../local/standalone.ts");
  const options = {
    home,
    dagsFolder,
    port,
    requiresLogIn,
    ...(host === undefined ? {} : { host }),
    parallelism,
    threadPerTask,
    dagsArePausedAtCreation,
    version,
    report,
    ...(retention ? { retention } : {}),
  };
  const server = await startStandalone(options);
  terminal.out(`${paint.bold(`Stepwind ${version}`)} on ${paint.cyan(server.url)}\n`);
  const first = await showDags(session, places, server);
  showMistakes(session, dagsFolderText, await server.product.platform.metadata.files.list());
  const next = first === undefined ? "dags list" : `dags trigger ${first} --wait`;
  terminal.out(
    `\nNext, in another terminal:  ${paint.bold(`npx stepwind ${next}`)}\nStop with Ctrl-C\n\n`,
  );
  printer.startShowingFiles();
  await stopWhenTold(server, signal);
  terminal.out("Stopping; runs go on at the next start\n");
  await server.stop();
}

/** Resolves when the signal aborts. Damaged metadata stop the server, and are thrown. */
async function stopWhenTold({ damage, stop }: Standalone, signal: AbortSignal): Promise<void> {
  const asked = signal.aborted ? undefined : once(signal, "abort").then(() => undefined);
  const met = await Promise.race([asked, damage]);
  if (met === undefined) return;
  await stop();
  throw met;
}

/** Answers the id of one DAG: the one that everybody starts from, if it is there. */
async function showDags(
  { terminal, paint }: Session,
  { dagsFolderText }: Places,
  { url, machineToken }: Pick<Standalone, "url" | "machineToken">,
): Promise<string | undefined> {
  const send = (request: Request) => {
    if (machineToken) request.headers.set("authorization", `Bearer ${machineToken}`);
    return fetch(request);
  };
  const api = createApi(send, url, packageVersion());
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
    terminal.out(`  … and ${dags.length - shown.length} more: npx stepwind dags list\n`);
  }
  const first = active.find((dag) => dag.dag_id === "hello_world") ?? active[0] ?? dags[0];
  return first?.dag_id;
}

const MOST_DAGS = 20;

function nextRunText(dag: DagAnswer): string {
  if (dag.is_paused) return "paused";
  const next = dag.next_dagrun_run_after;
  return next === null ? "-" : toRelative(Date.parse(next), Date.now());
}

function showMistakes(
  { terminal, paint }: Session,
  folder: string,
  files: readonly DagFileRecord[],
): void {
  const mistakes = files.flatMap(({ file, diagnostics }) =>
    diagnostics.map((diagnostic) => ({ file, ...diagnostic })),
  );
  if (mistakes.length > 0) terminal.out("\n");
  for (const each of mistakes) terminal.out(formatDiagnostic(each, { folder, paint }));
}
