// What the server prints while it runs: runs that end, DAG files that changed, what callbacks
// wrote, warnings and errors.
import { join } from "node:path";
import type { ProductEvent, RunEnded } from "../../../model/product-events.ts";
import type { DagFileRecord } from "../../../model/records.ts";
import { formatDuration } from "../../../model/values/durations.ts";
import type { Reporter } from "../../../ports/platform.ts";
import type { Session } from "../../session.ts";
import { formatDiagnostic } from "../../terminal/diagnostics.ts";
import { formatCallback } from "../../terminal/log-lines.ts";
import { toMark } from "../../terminal/paint.ts";

export interface EventPrinter {
  readonly report: Reporter;
  /** Until this is called, files are not printed: the start prints a table of all DAGs. */
  startShowingFiles(): void;
}

/** `folder` is the DAG folder as the person wrote it. */
export function createEventPrinter(session: Session, folder: string): EventPrinter {
  const { terminal, paint } = session;
  let showsFiles = false;

  function print(event: ProductEvent): void {
    switch (event.kind) {
      case "run-ended":
        terminal.out(formatRun(event, session));
        break;
      case "callback-wrote":
        terminal.out(formatCallback(event, paint));
        break;
      case "file-processed":
        if (showsFiles) terminal.out(formatFile(event.record, folder, session));
        break;
      case "file-forgotten":
        if (showsFiles) terminal.out(formatForgotten(event.record, folder, session));
        break;
    }
  }

  return {
    report: {
      info(_, event) {
        if (event !== undefined) print(event);
      },
      warn: (message) => terminal.err(`${paint.yellow("warning")} ${message}\n`),
      error: (message) => terminal.err(`${paint.red("error")} ${message}\n`),
    },
    startShowingFiles() {
      showsFiles = true;
    },
  };
}

function formatRun({ dagId, runId, state, duration }: RunEnded, { paint }: Session): string {
  const mark = paint.state(state, toMark(state));
  const time = formatDuration(duration);
  return `${mark} ${paint.bold(dagId)}  ${runId}  ${paint.state(state)}  ${time}\n`;
}

function formatFile(
  { file, dagIds, diagnostics }: DagFileRecord,
  folder: string,
  { paint }: Session,
): string {
  if (diagnostics.length === 0) {
    return `${paint.dim("read")} ${join(folder, file)}: ${dagIds.join(", ")}\n`;
  }
  return diagnostics
    .map((diagnostic) => formatDiagnostic({ file, ...diagnostic }, { folder, paint }))
    .join("");
}

function formatForgotten(
  { file, dagIds }: DagFileRecord,
  folder: string,
  { paint }: Session,
): string {
  const what = dagIds.length === 0 ? "" : `: ${dagIds.join(", ")}`;
  return `${paint.dim("gone")} ${join(folder, file)}${what}\n`;
}
