// The product's own log on AWS: a JSON object per line, which CloudWatch Logs Insights searches by
// field.
import type { Reporter } from "../ports/platform.ts";

type Level = "INFO" | "WARN" | "ERROR";

/** `write` gets a line with its end; stdout as it is when the reporter is made, when absent. */
export function createJsonReporter(
  write: (line: string) => unknown = process.stdout.write.bind(process.stdout),
): Reporter {
  const at =
    (level: Level) =>
    (message: string, fields: object = {}) => {
      const timestamp = new Date().toISOString();
      write(`${JSON.stringify({ timestamp, level, message, ...fields })}\n`);
    };
  return { info: at("INFO"), warn: at("WARN"), error: at("ERROR") };
}
