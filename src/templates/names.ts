// The names that a template may use: Airflow's, as far as there is something behind them here.
import { nearestName } from "../model/values/nearest-name.ts";

/** Whether the text has anything to render. */
export function isTemplate(text: string): boolean {
  return /\{[{%#]/.test(text);
}

const ANY = "any";
const TASK_INSTANCE = [
  "dag_id",
  "task_id",
  "run_id",
  "try_number",
  "max_tries",
  "map_index",
  "xcom_pull",
];
const MACROS = [
  "ds_add",
  "ds_format",
  "datetime_diff_for_humans",
  "datetime",
  "timedelta",
  "dateutil",
  "json",
  "random",
  "time",
  "uuid",
];

/** Names of templates, and what may stand behind a dot: a list of names, or anything. */
const TEMPLATE_NAMES: Readonly<Record<string, readonly string[] | typeof ANY>> = {
  ds: ANY,
  ds_nodash: ANY,
  ts: ANY,
  ts_nodash: ANY,
  ts_nodash_with_tz: ANY,
  logical_date: ANY,
  data_interval_start: ANY,
  data_interval_end: ANY,
  partition_key: ANY,
  partition_date: ANY,
  dag_id: ANY,
  task_id: ANY,
  run_id: ANY,
  try_number: ANY,
  map_index: ANY,
  task_instance_key_str: ANY,
  dag: ["dag_id", "description", "tags", "timezone"],
  task: ["task_id", "operator", "owner", "retries"],
  dag_run: [
    "dag_id",
    "run_id",
    "run_type",
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    "run_after",
    "partition_key",
    "partition_date",
    "start_date",
    "conf",
  ],
  ti: TASK_INSTANCE,
  task_instance: TASK_INSTANCE,
  params: ANY,
  var: ["value", "json"],
  conn: ANY,
  macros: MACROS,
  triggering_asset_events: ANY,
  // Of the template language itself.
  range: ANY,
  dict: ANY,
  namespace: ANY,
  cycler: ANY,
  joiner: ANY,
  loop: ANY,
  caller: ANY,
  varargs: ANY,
  kwargs: ANY,
};

/**
 * Why a name can't be used, with a hint; `undefined` when it can. `path` begins with the first
 * name.
 */
export function checkTemplateName(
  path: readonly string[],
): { readonly name: string; readonly hint?: string } | undefined {
  const [root = "", member] = path;
  const members = Object.hasOwn(TEMPLATE_NAMES, root) ? TEMPLATE_NAMES[root] : undefined;
  if (members === undefined) return unknown(root, Object.keys(TEMPLATE_NAMES));
  if (members === ANY || member === undefined || members.includes(member)) return undefined;
  return unknown(
    `${root}.${member}`,
    members.map((known) => `${root}.${known}`),
  );
}

function unknown(name: string, known: readonly string[]) {
  if (name === "execution_date") return { name, hint: 'it is "logical_date" since Airflow 3' };
  if (name === "conf") return { name, hint: 'what a run is triggered with is "dag_run.conf"' };
  const meant = nearestName(name, known);
  return { name, ...(meant ? { hint: `did you mean "${meant}"?` } : {}) };
}
