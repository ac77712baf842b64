// One line of a task's log, for people.
import type { CallbackWrote } from "../../model/product-events.ts";
import type { LogMessage } from "../api-client.ts";
import type { Paint } from "./paint.ts";

/**
 * Time of day in UTC, level where it isn't the usual one, text. More lines of one message are
 * indented below it.
 */
export function formatLogMessage(message: LogMessage, paint: Paint): string {
  const { timestamp, level = "info", logger = "", event } = message;
  const time = timestamp === undefined ? " ".repeat(12) : timestamp.slice(11, 23).replace("Z", "");
  const text = paint.foreign(event).replaceAll("\n", `\n${" ".repeat(14)}`);
  return `${paint.dim(time.padEnd(12))}  ${dye(text, { level, logger, paint })}\n`;
}

/** What a callback of a DAG wrote, on one line with its run. */
export function formatCallback({ dagId, runId, callback }: CallbackWrote, paint: Paint): string {
  const text = paint.foreign(callback).replaceAll("\n", "\n  ");
  return `${paint.dim("callback")} ${paint.bold(dagId)}  ${runId}  ${paint.dim("│")} ${text}\n`;
}

function dye(
  text: string,
  { level, logger, paint }: { level: string; logger: string; paint: Paint },
): string {
  if (level === "error" || level === "critical") return paint.red(text);
  if (level === "warning") return paint.yellow(text);
  if (level === "debug" || logger === "stepwind") return paint.dim(text);
  return text;
}
