// The settings of a product on one machine, as the API's /config shows them.
import type { Setting } from "../api/settings.ts";
import type { LocalOptions } from "./local-platform.ts";

interface ServedOptions extends LocalOptions {
  readonly host?: string;
  readonly port?: number;
}

/** With Airflow's names where it has the same setting; `slackWebhook` is a secret. */
export function localSettings(
  options: ServedOptions,
  { slackWebhook = process.env.STEPWIND_SLACK_WEBHOOK }: { readonly slackWebhook?: string } = {},
): readonly Setting[] {
  const { dagsFolder, parallelism = 32, dagsArePausedAtCreation = false } = options;
  const { home, host = "127.0.0.1", port = 8080, importTimeout = 30, retention } = options;
  const core: Readonly<Record<string, string>> = {
    dags_folder: dagsFolder,
    parallelism: String(parallelism),
    dags_are_paused_at_creation: toPython(dagsArePausedAtCreation),
    dagbag_import_timeout: String(importTimeout),
  };
  const sections = {
    core,
    api: { host, port: String(port), expose_config: toPython(true) },
    stepwind: {
      home,
      thread_per_task: toPython(options.threadPerTask ?? false),
      ...(retention === undefined ? {} : { retention: JSON.stringify(retention) }),
    },
  };
  const settings: Setting[] = Object.entries(sections).flatMap(([section, values]) =>
    Object.entries(values).map(([option, value]) => ({ section, option, value })),
  );
  if (slackWebhook === undefined) return settings;
  const secret = { value: slackWebhook, isSensitive: true };
  return [...settings, { section: "slack", option: "webhook", ...secret }];
}

/** Airflow's configuration has Python's words. */
function toPython(value: boolean): string {
  return value ? "True" : "False";
}
